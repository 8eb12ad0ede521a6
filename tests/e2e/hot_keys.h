// What the tests of cached keys share: a proxy that caches every key that is read, and what its
// shards were asked.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/e2e/shards.h"
#include "tests/support/patience.h"

namespace slotway::tests {

inline const std::string kCacheAll = "hot_keys: { detect: true, rules: [ { match: \"*\", cache: always } ] }";

// How often the server at this port was asked to do `command`, a name in lower case.
inline int64_t calls_at(uint16_t port, const std::string& command) {
  const std::string stats = RespClient(port).call({"INFO", "commandstats"}).text;
  const std::string wanted = "cmdstat_" + command + ":calls=";
  const size_t at = stats.find(wanted);
  return at == std::string::npos ? 0 : std::stoll(stats.substr(at + wanted.size()));
}

// One redis-server and a proxy of so many workers in front of it.
struct Cached {
  explicit Cached(unsigned workers, std::vector<std::string> pool = {kCacheAll})
      : proxy({.shards = {{"a", redis.address()}}, .pool = std::move(pool), .workers = workers}) {}

  RespClient direct() const { return RespClient(redis.port()); }
  int64_t calls(const std::string& command) const { return calls_at(redis.port(), command); }

  RedisServer redis;
  ProxyProcess proxy;
};

// Whether the proxy comes to answer `read` without asking the server, whose counter of that command
// is `name`.
inline bool comes_to_be_cached(RespClient& client, const Command& read, uint16_t server,
                               const std::string& name) {
  return eventually([&] {
    const int64_t before = calls_at(server, name);
    for (int i = 0; i < 3; ++i) client.call(read);
    return calls_at(server, name) == before;
  });
}
inline bool comes_to_be_cached(RespClient& client, const std::string& key, const Cached& cached) {
  return comes_to_be_cached(client, {"GET", key}, cached.redis.port(), "get");
}

// Sessions enough to be on every worker.
inline std::vector<RespClient> clients_of(const ProxyProcess& proxy, size_t count = 8) {
  std::vector<RespClient> clients;
  for (size_t i = 0; i < count; ++i) clients.push_back(proxy.client());
  return clients;
}

}  // namespace slotway::tests
