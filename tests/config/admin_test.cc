#include "config/admin.h"

#include "tests/config/parse.h"

namespace slotway::config {

namespace {

std::string with_admin(const std::string& value) {
  return "admin: " + value + "\npools: { main: { shards: { a: { primary: embedded } } } }\n";
}

Admin admin(const std::string& value) {
  const Config config = parsed(with_admin(value));
  REQUIRE(config.admin);
  return *config.admin;
}

std::string admin_error(const std::string& value) { return error_in(with_admin(value)); }

const std::string kFile =
    "token_file: expected a file with the token in its first line, 8 to 512 letters, digits, and "
    "characters of -._~+/=, ";

}  // namespace

TEST_CASE("an address alone, or a mapping with a token, or off") {
  CHECK(admin("127.0.0.1:1").address.text() == "127.0.0.1:1");
  CHECK(admin("127.0.0.1:1").token.empty());
  CHECK(admin("{ address: \"[::]:9999\", token: abc-123._~+/= }").address.text() == "[::]:9999");
  CHECK(admin("{ address: 0.0.0.0:1, token: abc-123._~+/= }").token == "abc-123._~+/=");
  CHECK(admin("{ token_file: /run/token }").address.text() == "127.0.0.1:9180");
  CHECK(admin("{ token_file: /run/token }").token == "of-a-file");
  CHECK(admin("{ address: localhost:2 }").address.text() == "127.0.0.1:2");
  CHECK(!parsed(with_admin("off")).admin);
}

TEST_CASE("an address of the admin server in a mapping knows its place") {
  CHECK(place_text("f", admin("{ address: 127.0.0.1:2 }").address.at) == "f:1:19");
  CHECK(place_text("f", admin("{ token: 12345678 }").address.at) == "f:1:1");
}

TEST_CASE("who can be reached by others asks for a token") {
  const std::string why =
      "expected a loopback address, or 'address' with 'token_file' or 'token', since others than "
      "this machine can connect, got '0.0.0.0:1'";
  CHECK(admin_error("0.0.0.0:1") == "1:8: admin: " + why);
  CHECK(admin_error("{ address: 0.0.0.0:1 }") == "1:19: address: " + why);
  CHECK(admin_error("{ address: \"[::1]:1\" }").empty());
}

TEST_CASE("what is no token is refused, and not repeated") {
  const std::string none =
      "1:17: token: expected 8 to 512 letters, digits, and characters of -._~+/=";
  CHECK(admin_error("{ token: short }") == none);
  CHECK(admin_error("{ token: 'with a blank' }") == none);
  CHECK(admin_error("{ token: [listed-one] }") == none);
  CHECK(admin_error("{ token: " + std::string(513, 'x') + " }") == none);
  CHECK(admin_error("{ token: 12345678, token_file: /run/token }") ==
        "1:27: token_file: expected none beside 'token'");
  CHECK(admin_error("{ token_file: /run/none }") ==
        "1:10: " + kFile + "'/run/none' cannot be read: No such file or directory");
  CHECK(admin_error("{ token_file: /run/empty }") ==
        "1:10: " + kFile + "'/run/empty' has none there");
  CHECK(admin_error("{ token_file: /run/pass }") ==
        "1:10: " + kFile + "'/run/pass' has none there");
}

TEST_CASE("other keys of admin are faults") {
  CHECK(admin_error("{ tokens: x }") ==
        "1:10: unknown key 'tokens' in admin, did you mean 'token'?");
  CHECK(admin_error("[127.0.0.1:1]").starts_with("1:8: admin: expected an IP address"));
}

}  // namespace slotway::config
