#include "wire/greeting.h"

#include <doctest/doctest.h>

#include <string>

namespace slotway::wire {

TEST_CASE("a client's name is printable and has no spaces") {
  CHECK(is_client_name("worker-7!~"));
  CHECK(is_client_name(""));
  for (const char bad : {' ', '\n', '\r', '\t', '\0', '\x7f', '\xe4'}) {
    CHECK_FALSE(is_client_name(std::string("name") + bad));
  }
}

TEST_CASE("a secret is itself alone") {
  CHECK(same_secret("secret", "secret"));
  CHECK(same_secret("", ""));
  for (const char* wrong : {"", "s", "secre", "secretsecret", "Secret", "secreT"}) {
    CHECK_FALSE(same_secret(wrong, "secret"));
  }
  CHECK_FALSE(same_secret("x", ""));
  CHECK_FALSE(same_secret(std::string_view("\0", 1), ""));
}

}  // namespace slotway::wire
