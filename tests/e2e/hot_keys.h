// What the tests of cached keys share: a proxy that caches every key that is read, and what its
// shards were asked.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/e2e/shards.h"
#include "tests/e2e/text_field.h"
#include "tests/support/patience.h"

namespace slotway::tests {

inline const std::string kCacheAll =
    "hot_keys: { detect: true, rules: [ { match: \"*\", cache: always } ] }";

// Every key is hot that is asked for a few times in a row; nothing is cached.
inline const std::string kAllHot =
    "hot_keys: { detect: true, report: { rate: 1 }, cache: { mode: off } }";

inline void make_hot(const ProxyProcess& proxy, const std::string& key) {
  constexpr size_t kTimes = 300;
  std::string bytes;
  for (size_t i = 0; i < kTimes; ++i) bytes += encode_request({"GET", key});
  proxy.client().exchange(bytes, kTimes);
}

// The servers that tell of changes. What the proxy makes of that must be the same over each.
#define EVERY_TRACKER RedisServer, StoreProcess

// One server and a proxy of so many workers in front of it.
template <typename Server = RedisServer>
struct Cached {
  explicit Cached(unsigned workers, std::vector<std::string> pool = {kCacheAll})
      : proxy({.shards = {{"a", shard.address()}}, .pool = std::move(pool), .workers = workers}) {}

  RespClient direct() const { return RespClient(shard.port()); }
  int64_t calls(const std::string& command) const { return tests::calls(shard.port(), command); }

  Server shard;
  ProxyProcess proxy;
};

// Whether the proxy comes to answer `read` without asking the server, whose counter of that command
// is `name`.
inline bool comes_to_be_cached(RespClient& client, const Command& read, uint16_t server,
                               const std::string& name) {
  return eventually([&] {
    const int64_t before = calls(server, name);
    for (int i = 0; i < 3; ++i) client.call(read);
    return calls(server, name) == before;
  });
}
template <typename Server>
bool comes_to_be_cached(RespClient& client, const std::string& key, const Cached<Server>& cached) {
  return comes_to_be_cached(client, {"GET", key}, cached.shard.port(), "get");
}

// Sessions enough to be on every worker.
inline std::vector<RespClient> clients_of(const ProxyProcess& proxy, size_t count = 8) {
  std::vector<RespClient> clients;
  for (size_t i = 0; i < count; ++i) clients.push_back(proxy.client());
  return clients;
}

}  // namespace slotway::tests

TYPE_TO_STRING_AS("redis-server", slotway::tests::RedisServer);
TYPE_TO_STRING_AS("slotway-store", slotway::tests::StoreProcess);
