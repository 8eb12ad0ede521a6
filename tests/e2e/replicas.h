// A shard with replicas: real ones, and servers with other data in their place, so that each answer
// says where it came from.
#pragma once

#include <doctest/doctest.h>

#include <memory>

#include "tests/e2e/shards.h"
#include "tests/e2e/text_field.h"

namespace slotway::tests {

inline const std::string kNoReplicationDelay = "--repl-diskless-sync-delay";

inline RedisServer replica_of(const RedisServer& primary, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments = {"--replicaof", "127.0.0.1", std::to_string(primary.port())};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return RedisServer(arguments);
}

inline bool in_sync(const RedisServer& replica) {
  return eventually([&] {
    return RespClient(replica.port())
               .call({"INFO", "replication"})
               .text.find("master_link_status:up") != std::string::npos;
  });
}

inline std::string yaml_list(const std::vector<std::string>& items) {
  std::string text = "[";
  for (const std::string& item : items) text += (text.size() > 1 ? ", " : "") + item;
  return text + "]";
}

inline ProxyOptions options_for(const std::string& primary,
                                const std::vector<std::string>& replicas,
                                const std::string& read_from = "prefer_replica") {
  const std::string timeouts = "timeouts: { request: 2s, stall: 3s, connect: 1s }";
  // What is cached is read from none of them.
  ProxyOptions options{.shards = {{"a", primary}},
                       .pool = {"read_from: " + read_from, timeouts, "hot_keys: { detect: false }"},
                       .workers = 1};
  if (!replicas.empty()) options.shards[0].replicas = yaml_list(replicas);
  return options;
}

inline bool replicas_connected(const ProxyProcess& proxy, double count) {
  return eventually([&] { return proxy.metric("slotway_shard_replica_connections") == count; });
}

// A primary and "replicas" that have "where" at their own value, and a proxy with one worker.
struct Labelled {
  explicit Labelled(size_t count, const std::string& read_from = "prefer_replica")
      : replicas(count) {
    RespClient(primary.port()).call({"SET", "where", "primary"});
    std::vector<std::string> addresses;
    for (size_t i = 0; i < count; ++i) {
      label(i);
      addresses.push_back(replicas[i].address());
    }
    options = options_for(primary.address(), addresses, read_from);
    proxy = std::make_unique<ProxyProcess>(options);
    REQUIRE(replicas_connected(*proxy, static_cast<double>(count)));
  }
  void label(size_t i) {
    RespClient(replicas[i].port()).call({"SET", "where", "replica" + std::to_string(i)});
  }

  RedisServer primary;
  std::vector<RedisServer> replicas;
  ProxyOptions options;
  std::unique_ptr<ProxyProcess> proxy;
};

}  // namespace slotway::tests
