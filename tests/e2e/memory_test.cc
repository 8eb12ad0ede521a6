// What clients cost that are only connected.

#include <doctest/doctest.h>

#include "tests/e2e/servers.h"
#include "wire/descriptor_limit.h"

namespace slotway::tests {

namespace {

constexpr size_t kClients = 10'000;
constexpr size_t kMaxBytesEach = 1024;

}  // namespace

TEST_CASE("ten thousand idle clients cost at most 1 KiB each") {
  if (kSanitized) {
    MESSAGE("memory is not measured with a sanitizer");
    return;
  }
  REQUIRE(wire::raise_descriptor_limit(kClients + 1000) >= kClients + 1000);
  Served<RedisShards> served({"limits: { clients: 20000 }"});
  // What the first clients bring about stays for the others.
  for (int i = 0; i < 10; ++i) {
    CHECK(served.proxy.client().call({"SET", "key" + std::to_string(i), "x"}).text == "OK");
  }
  const size_t before = served.proxy.process().rss_bytes();
  std::vector<RespClient> clients;
  clients.reserve(kClients);
  for (size_t i = 0; i < kClients; ++i) {
    clients.push_back(served.proxy.client());
    // They have all been of use once.
    if (clients.back().call({"GET", "key1"}).text != "x") FAIL("client ", i);
  }
  CHECK(served.proxy.metric("slotway_client_connections") == kClients);
  const size_t each = (served.proxy.process().rss_bytes() - before) / kClients;
  MESSAGE("bytes for each client: ", each);
  CHECK(each <= kMaxBytesEach);
}

}  // namespace slotway::tests
