#include "metrics/admin_address.h"

#include <doctest/doctest.h>

using namespace slotway::metrics;

TEST_CASE("what means this machine") {
  for (const char* host : {"127.0.0.1", "127.0.0.1:9180", "127.9.9.9:1", "localhost",
                           "LOCALHOST:80", "[::1]", "[::1]:9180"}) {
    CAPTURE(host);
    CHECK(is_loopback(host));
  }
  for (const char* host : {"", ":", "128.0.0.1", "127.0.0.1.evil.example", "localhost.evil.example",
                           "evil.example:9180", "0.0.0.0:9180", "[::]:9180", "[", "[::1", "::1:1",
                           "10.0.0.1", "127.0.0.1 "}) {
    CAPTURE(host);
    CHECK_FALSE(is_loopback(host));
  }
}

TEST_CASE("a port for CivetWeb is an address and nothing else") {
  CHECK(listening_port("127.0.0.1:9121") == "127.0.0.1:9121");
  CHECK(listening_port("[::1]:9121") == "[::1]:9121");
  CHECK(listening_port(":9121") == "9121");
  for (const char* address : {"127.0.0.1", "127.0.0.1:", "127.0.0.1:9121s", "127.0.0.1:9121,9122",
                              "127.0.0.1:70000", "a b:9121"}) {
    CAPTURE(address);
    CHECK_FALSE(listening_port(address));
  }
}
