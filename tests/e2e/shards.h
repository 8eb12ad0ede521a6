// The kinds of shards that the proxy serves, three each: real redis-servers, slotway-stores, and
// shards embedded in the proxy. Tests that hold for all are templates over EVERY_KIND.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "tests/support/proxy_process.h"
#include "tests/support/redis_server.h"
#include "tests/support/store_process.h"
#include "wire/slot.h"

namespace slotway::tests {

inline constexpr size_t kShards = 3;
inline constexpr std::array<const char*, kShards> kShardNames = {"a", "b", "c"};
inline constexpr std::array<const char*, kShards> kShardSlots = {"0-5460", "5461-10922",
                                                                 "10923-16383"};

// Which of the three owns the key, by the slots above.
inline size_t shard_of(std::string_view key) {
  const wire::Slot slot = wire::slot_of_key(key);
  return slot <= 5460 ? 0 : slot <= 10922 ? 1 : 2;
}

// A key of that shard; another for each `number`.
inline std::string key_of_shard(size_t shard, size_t number = 0) {
  for (size_t i = 0;; ++i) {
    std::string key = "key:" + std::to_string(number) + ":" + std::to_string(i);
    if (shard_of(key) == shard) return key;
  }
}

// Two keys of each shard, which those of shard i are at i and i + 3.
inline std::vector<std::string> two_keys_each() {
  std::vector<std::string> keys;
  for (size_t i = 0; i < 2 * kShards; ++i) keys.push_back(key_of_shard(i % kShards, i));
  return keys;
}

inline std::vector<ShardEntry> three_entries(const std::array<std::string, kShards>& primaries) {
  std::vector<ShardEntry> entries;
  for (size_t i = 0; i < kShards; ++i) {
    entries.push_back({kShardNames[i], primaries[i], kShardSlots[i]});
  }
  return entries;
}

struct RedisShards {
  std::array<RedisServer, kShards> servers;

  std::vector<ShardEntry> entries() const {
    return three_entries({servers[0].address(), servers[1].address(), servers[2].address()});
  }
};

struct StoreShards {
  std::array<StoreProcess, kShards> servers;

  std::vector<ShardEntry> entries() const {
    return three_entries({servers[0].address(), servers[1].address(), servers[2].address()});
  }
};

struct EmbeddedShards {
  static std::vector<ShardEntry> entries() {
    return three_entries({"embedded", "embedded", "embedded"});
  }
};

#define EVERY_KIND RedisShards, StoreShards, EmbeddedShards

// Three shards and a proxy in front of them.
template <typename Shards>
struct Served {
  explicit Served(std::vector<std::string> pool = {}, std::vector<std::string> file = {})
      : proxy({.shards = shards.entries(), .pool = std::move(pool), .file = std::move(file)}) {}

  Shards shards;
  ProxyProcess proxy;
};

}  // namespace slotway::tests

TYPE_TO_STRING_AS("redis", slotway::tests::RedisShards);
TYPE_TO_STRING_AS("store", slotway::tests::StoreShards);
TYPE_TO_STRING_AS("embedded", slotway::tests::EmbeddedShards);
