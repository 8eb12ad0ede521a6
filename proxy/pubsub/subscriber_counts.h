// SubscriberCounts: how many clients of a pool, over all workers, stand behind the few connections
// by which the shards know them.
//
// PUBLISH and PUBSUB NUMSUB tell how many have subscribed; a shard counts the workers' connections
// instead of their clients. What it leaves out is known here. Exact once the commands that change
// it have been answered. Any thread; a lock is taken by those commands, and by PUBLISH while there
// are subscribers.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "proxy/pubsub/channel_kind.h"

namespace slotway::proxy {

class SubscriberCounts {
 public:
  void add_client(ChannelKind kind, std::string_view name) { change(kind, name, 1, 0); }
  void remove_client(ChannelKind kind, std::string_view name) { change(kind, name, -1, 0); }
  // A worker's connection.
  void add_connection(ChannelKind kind, std::string_view name) { change(kind, name, 0, 1); }
  void remove_connection(ChannelKind kind, std::string_view name) { change(kind, name, 0, -1); }

  // False: a shard's counts are right as they are.
  bool any() const { return any_.load(std::memory_order_relaxed); }
  // What is to be added to a shard's count of those who have subscribed to that name,
  int64_t missing(ChannelKind kind, std::string_view name) const;
  // and to its count of those who receive a message, for the patterns that match.
  int64_t missing_receivers(ChannelKind kind, std::string_view channel) const;
  // Whether any client is sent what is published on that channel.
  bool has_receivers(std::string_view channel) const;

 private:
  struct Count {
    int64_t clients = 0;
    int64_t connections = 0;
  };
  void change(ChannelKind kind, std::string_view name, int clients, int connections);

  mutable std::mutex mutex_;  // guards counts_
  std::array<std::map<std::string, Count, std::less<>>, kChannelKinds.size()> counts_;
  std::atomic<bool> any_{false};
};

}  // namespace slotway::proxy
