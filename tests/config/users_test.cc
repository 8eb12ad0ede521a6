#include "config/users.h"

#include "tests/config/parse.h"

namespace slotway::config {

namespace {

const wire::Sha256 kSecret = wire::sha256("secret");
const wire::Sha256 kOther = wire::sha256("other secret");

std::vector<User> users_of(const std::string& lines) {
  return parsed(pool_with(lines)).pools[0].users;
}
std::string error_of(const std::string& user) {
  return error_in(pool_with("users: { app: { " + user + " } }"));
}

}  // namespace

TEST_CASE("without users there are none") { CHECK(users_of("").empty()); }

TEST_CASE("auth is one user, known by the hash of the password") {
  CHECK(users_of("auth: { password_file: /run/pass }") ==
        std::vector<User>{{"default", {kSecret}, false}});
  CHECK(users_of("auth: { password_file: /run/other, user: app }") ==
        std::vector<User>{{"app", {kOther}, false}});
}

TEST_CASE("a user has one or several hashes, in the file or beside it") {
  CHECK(users_of("users:\n"
                 "      default: { password_sha256: " +
                 kSecretHash +
                 " }\n"
                 "      app@site:\n"
                 "        password_sha256: [" +
                 kOtherHash + ", '" + kSecretHash +
                 "']\n"
                 "        readonly: true\n"
                 "      batch: { password_sha256_file: /run/hashes, readonly: false }\n"
                 "      both: { password_sha256_file: hash, password_sha256: " +
                 kSecretHash + " }\n") == std::vector<User>{{"default", {kSecret}, false},
                                                            {"app@site", {kOther, kSecret}, true},
                                                            {"batch", {kSecret, kOther}, false},
                                                            {"both", {kSecret, kOther}, false}});
  std::string upper = kSecretHash;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  CHECK(users_of("users: { a: { password_sha256: " + upper + " } }")[0].passwords[0] == kSecret);
}

TEST_CASE("what is no hash is an error that does not repeat it") {
  const std::string expected =
      "password_sha256: expected the SHA-256 of a password, 64 hexadecimal digits, got ";
  CHECK(error_of("password_sha256: secret") == "3:38: " + expected + "6 bytes that are none");
  CHECK(error_of("password_sha256: ''") == "3:38: " + expected + "0 bytes that are none");
  CHECK(error_of("password_sha256: [" + kSecretHash + ", " + kSecretHash + "0]") ==
        "3:105: " + expected + "65 bytes that are none");
  const std::string cut = kSecretHash.substr(0, 62);
  for (const char* end : {"0g", "g0", " 0", "0 ", "-1", "+1", "0x"}) {
    CAPTURE(end);
    CHECK(error_of("password_sha256: '" + cut + end + "'") ==
          "3:38: " + expected + "64 bytes that are none");
  }
  CHECK(error_of("password_sha256: { a: b }") == "3:38: " + expected + "a mapping");
  CHECK(error_of("password_sha256:") == "3:21: " + expected + "nothing");
  CHECK(error_of("password_sha256: []") ==
        "3:38: password_sha256: expected at least one, got an empty list");
}

TEST_CASE("a hash file that is none is an error at its key, with the line") {
  const std::string expected =
      "3:21: password_sha256_file: expected a file with the SHA-256 of a password, 64 hexadecimal "
      "digits, in each line, ";
  const auto with = [](const std::string& file) { return "password_sha256_file: " + file; };
  CHECK(error_of(with("/run/none")) ==
        expected + "'/run/none' cannot be read: No such file or directory");
  CHECK(error_of(with("/run/empty")) == expected + "'/run/empty' has none");
  CHECK(error_of(with("/run/comments")) == expected + "'/run/comments' has none");
  CHECK(error_of(with("/run/plain")) ==
        expected + "'/run/plain' has 6 bytes that are none in line 3");
  CHECK(error_of(with("/run/sum")) == expected + "'/run/sum' has 67 bytes that are none in line 1");
  CHECK(error_of(with("[]")) ==
        "3:43: password_sha256_file: expected a line of text, got an empty list");
}

TEST_CASE("what a users section must look like") {
  const auto section = [](const std::string& text) {
    return error_in(pool_with("users: " + text));
  };
  CHECK(section("") == "3:5: users: expected a mapping with at least one user, got nothing");
  CHECK(section("{}") ==
        "3:12: users: expected a mapping with at least one user, got an empty mapping");
  CHECK(section("[app]") == "3:12: users: expected a mapping with at least one user, got a list");
  CHECK(section("{ app: secret }").starts_with("3:19: app: expected a mapping"));
  CHECK(section("{ app: }") ==
        "3:14: 'password_sha256' is missing in app, expected the SHA-256 of a password, or "
        "'password_sha256_file' with the path of a file");
  CHECK(error_of("readonly: true").starts_with("3:14: 'password_sha256' is missing in app"));
  CHECK(error_of("password_sha256: " + kSecretHash + ", readonly: yes") ==
        "3:114: readonly: expected true or false, got 'yes'");
  CHECK(error_of("password: x") ==
        "3:21: unknown key 'password' in app, expected one of password_sha256, "
        "password_sha256_file, readonly");
  CHECK(error_of("password_sha: x") ==
        "3:21: unknown key 'password_sha' in app, did you mean 'password_sha256'?");
  const std::string hash = ": { password_sha256: " + kSecretHash + " }";
  const std::string name =
      "users: expected a user's name, 1 to 64 printable characters without spaces, got ";
  CHECK(section("{ two words" + hash + " }") == "3:14: " + name + "'two words'");
  CHECK(section("{ ''" + hash + " }") == "3:14: " + name + "''");
  CHECK(section("{ " + std::string(65, 'x') + hash + " }").starts_with("3:14: " + name));
  CHECK(section("{ app" + hash + ", app" + hash + " }").starts_with("3:106: "));  // twice
  CHECK(error_in(pool_with("users: { app" + hash + " }\n    auth: { password_file: /run/pass }")) ==
        "4:5: auth: expected none beside 'users', which says the same");
}

TEST_CASE("the numbers of users and passwords have limits") {
  std::string many;
  for (int i = 0; i < 101; ++i) many += kSecretHash + ",";
  CHECK(error_of("password_sha256: [" + many + "]") ==
        "3:14: app: expected at most 100 passwords, got 101");
  std::string users = "users:\n";
  for (int i = 0; i < 10'001; ++i) {
    users += "      u" + std::to_string(i) + ": { password_sha256: " + kSecretHash + " }\n";
  }
  CHECK(error_in(pool_with(users)) == "3:5: users: expected at most 10000, got 10001");
}

TEST_CASE("users let a pool listen to others") {
  const std::string line = "users: { app: { password_sha256: " + kSecretHash + " } }\n    ";
  CHECK(parsed(pool_with(line + "listen: 0.0.0.0:6380")).pools[0].is_protected);
}

}  // namespace slotway::config
