#include "wire/secret_arguments.h"

#include <doctest/doctest.h>

#include <string>

namespace slotway::wire {

namespace {

// The command with what must not be seen hidden; of settings, those that begin with "pass".
std::string shown(std::vector<std::string_view> args, bool all_settings = false) {
  const Command* const command = find_command(args);
  REQUIRE(command);
  std::string text;
  const auto is_secret = [](std::string_view name) { return name.starts_with("pass"); };
  for (const std::string_view word : without_secrets(
           *command->spec, args,
           all_settings ? nullptr : static_cast<bool (*)(std::string_view)>(is_secret))) {
    text += (text.empty() ? "" : " ") + std::string(word == kRedacted ? "#" : word);
  }
  return text;
}

}  // namespace

TEST_CASE("secrets are hidden as the command table says, and nothing else") {
  CHECK(shown({"AUTH", "secret"}) == "AUTH #");
  CHECK(shown({"auth", "user", "secret", "more"}) == "auth # # #");
  CHECK(shown({"AUTH"}) == "AUTH");
  CHECK(shown({"HELLO"}) == "HELLO");
  CHECK(shown({"HELLO", "3", "SETNAME", "x"}) == "HELLO 3 SETNAME x");
  CHECK(shown({"HELLO", "3", "auth", "user", "secret", "SETNAME", "x"}) ==
        "HELLO 3 auth # # SETNAME x");
  CHECK(shown({"HELLO", "3", "AUTH", "auth", "secret", "AUTH", "user"}) ==
        "HELLO 3 AUTH # # AUTH #");
  CHECK(shown({"ACL", "SETUSER", "user", ">secret"}) == "ACL SETUSER # #");
  CHECK(shown({"ACL", "GETUSER", "user"}) == "ACL GETUSER user");
  CHECK(shown({"CONFIG", "SET", "a", "1", "pass", "2", "b"}) == "CONFIG SET a 1 pass # b");
  CHECK(shown({"CONFIG", "SET", "a", "1", "pass", "2"}, true) == "CONFIG SET a # pass #");
  CHECK(shown({"MIGRATE", "auth", "1", "k", "0", "1", "COPY", "AUTH", "x", "AUTH2", "y", "z",
               "w"}) == "MIGRATE auth 1 k 0 1 COPY AUTH # AUTH2 # # w");
  CHECK(shown({"SET", "auth", "AUTH", "x"}) == "SET auth AUTH x");
}

TEST_CASE("the settings that are secrets, of both kinds of servers") {
  for (const char* name : {"requirepass", "MasterAuth", "admin-token", "tls-key-file-pass"}) {
    CHECK(is_secret_setting(name));
  }
  for (const char* name : {"maxmemory", "tls-key-file", "admin-address", ""}) {
    CHECK_FALSE(is_secret_setting(name));
  }
}

}  // namespace slotway::wire
