#include "config/credentials.h"

#include "tests/config/parse.h"

namespace slotway::config {

namespace {

// Credentials of an `upstream` section.
Credentials upstream(const std::string& section) {
  const std::string text = "pools: { m: { upstream: " + section;
  return parsed(text + ", shards: { a: { primary: a:1 } } } }").pools[0].shards[0].credentials;
}

std::string auth_error(const std::string& section) {
  return error_in(pool_with("auth: " + section));
}

}  // namespace

TEST_CASE("the password is the first line of the file") {
  for (const char* file : {"/run/pass", "/run/crlf", "/run/bare"}) {
    CAPTURE(file);
    CHECK(upstream("{ password_file: " + std::string(file) + " }").password == "secret");
  }
  CHECK(upstream("{ password_file: beside }").password == "relative");
}

TEST_CASE("without a user the password stands alone, and a shard may have its own") {
  const Config config = parsed(
      "pools: { main: { upstream: { password_file: /run/pass }, shards: {\n"
      "  a: { primary: a:1 },\n"
      "  b: { primary: b:1, upstream: { user: app, password_file: /run/other } },\n"
      "  c: { primary: embedded } } } }\n");
  const auto& shards = config.pools[0].shards;
  CHECK(shards[0].credentials == Credentials{"", "secret"});
  CHECK(shards[1].credentials == Credentials{"app", "other secret"});
  CHECK(shards[2].credentials.empty());
}

TEST_CASE("a password file that gives no password is an error at its key") {
  const std::string expected =
      "3:13: password_file: expected a file with the password in its first line, ";
  CHECK(auth_error("{ password_file: /run/none }") ==
        expected + "'/run/none' cannot be read: No such file or directory");
  CHECK(auth_error("{ password_file: /run/empty }") == expected + "'/run/empty' has none there");
  CHECK(auth_error("{ password_file: /run/blank }") == expected + "'/run/blank' has none there");
  CHECK(auth_error("{ password_file: /run/long }") ==
        expected + "'/run/long' has more than 4096 bytes there");
}

TEST_CASE("what a credentials section must look like") {
  CHECK(auth_error("{ user: app }") ==
        "3:5: 'password_file' is missing in auth, expected the path of a file");
  CHECK(auth_error("") == "3:5: 'password_file' is missing in auth, expected the path of a file");
  CHECK(auth_error("secret") == "3:11: auth: expected a mapping, got 'secret'");
  CHECK(auth_error("{ password: x }") ==
        "3:13: unknown key 'password' in auth, expected one of user, password_file");
  CHECK(auth_error("{ password_file: [/run/pass] }") ==
        "3:28: password_file: expected a line of text, got a list");
  CHECK(auth_error("{ password_file: /run/pass, user: '' }") ==
        "3:45: user: expected a user's name, 1 to 64 printable characters without spaces, got ''");
  CHECK(error_in("pools: { m: { upstream: { password_file: /run/pass, user: '' },\n"
                 "  shards: { a: { primary: a:1 } } } }") ==
        "1:59: user: expected a line of text, got ''");
  CHECK(error_in("pools: { m: { shards: { a: { primary: embedded,\n"
                 "  upstream: { password_file: /run/pass } } } } }") ==
        "2:3: upstream: expected none, an embedded shard has no password");
}

}  // namespace slotway::config
