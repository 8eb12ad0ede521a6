// Pool: one worker's share of a configured pool: the current settings and topology, and its own
// connections to the shards.
//
// Settings reach a worker as an immutable PoolSettings, replaced between two turns of its loop.
// Connections whose server is still in the new topology go on; the others answer what is in flight
// and close. While slots move, subscribers listen at the servers to come as well (Server::move_to()
// has the steps). One worker thread; PoolSettings may be read by any.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "proxy/hotkeys/hot_keys.h"
#include "proxy/latency_events.h"
#include "proxy/monitors.h"
#include "proxy/observed_requests.h"
#include "proxy/pause.h"
#include "proxy/pubsub/subscribers.h"
#include "proxy/scripts/scripts.h"
#include "proxy/topology.h"
#include "proxy/upstream/shard_connections.h"
#include "proxy/users.h"
#include "proxy/wait_settings.h"
#include "wire/request_parser.h"

namespace slotway::proxy {

class Worker;

struct PoolSettings {
  explicit PoolSettings(const config::Pool& pool);
  // The same settings with another topology.
  PoolSettings(const PoolSettings& other, std::shared_ptr<const Topology> other_topology);

  std::string name;
  std::shared_ptr<const Topology> topology;
  Users users;
  ReplicaUse replica_use;
  std::vector<config::Address> announce;  // of the proxies that CLUSTER shows
  config::Timeouts timeouts;
  config::Limits limits;
  config::HotKeys hot_keys;
  wire::RequestLimits request_limits;
  wire::RequestLimits guest_limits;  // of clients that have not authenticated
};

class Pool {
 public:
  Pool(Worker& worker, std::shared_ptr<const PoolSettings> settings);

  const PoolSettings& settings() const { return *settings_; }
  const Topology& topology() const { return *settings_->topology; }
  ShardConnections& shard(ShardIndex index) { return *shards_[index]; }
  const std::vector<std::unique_ptr<ShardConnections>>& shards() const { return shards_; }
  // While slots move: the servers to come that are not of shards() yet.
  const std::vector<std::unique_ptr<ShardConnections>>& incoming() const { return incoming_; }
  // Whether reads may go elsewhere than to the primaries: all of them, or those of hot keys.
  bool reads_from_replicas() const {
    return settings_->replica_use.read_from != config::ReadFrom::kPrimary;
  }
  bool spreads_reads() const { return settings_->replica_use.spread; }

  // A shard that is busy with a script; null if none is known to be.
  ShardConnections* busy_shard() const {
    return busy_shard_ && busy_shard_->is_busy() ? busy_shard_ : nullptr;
  }

  // drained() is true once all is settled that was in flight to shards whose slots move by this,
  // and those to which they move send their messages, or do not answer.
  void install(std::shared_ptr<const PoolSettings> settings);
  // Requires that nothing more is published where slots move from: once drained() is true again,
  // all that was has been passed on, and messages of those slots come from their next owners.
  void hand_over();
  bool drained() const;
  bool is_handed_over() const { return handing_over_ && drained(); }

  const WaitSettings& wait_settings() const { return wait_settings_; }
  ObservedRequests& observed() { return observed_; }
  metrics::SlotCounts& slot_counts() { return slot_counts_; }
  LatencyEvents& latency_events() { return latency_events_; }
  Subscribers& subscribers() { return subscribers_; }
  Pause& pause() { return pause_; }
  Monitors& monitors() { return monitors_; }
  // Whether commands are held back or shown. After a change: Worker::update_guards().
  bool inspects_commands() const { return pause_.is_active() || monitors_.any(); }
  Scripts& scripts() { return scripts_; }
  HotKeys& hot_keys() { return hot_keys_; }
  const HotKeys& hot_keys() const { return hot_keys_; }

  // Clients of this pool that the worker has or has been given. [any thread]
  std::atomic<size_t> clients{0};

  void tick(uint64_t now_ns);
  // Gives all connections up; destroy once closed() is true.
  void close();
  bool closed() const;

 private:
  void mark_losing(const Topology& next);
  std::unique_ptr<ShardConnections> take_kept(const Shard& shard);
  void await_answer(Upstream& subscription);
  void note_busy();

  Worker& worker_;
  WaitSettings& wait_settings_;
  ObservedRequests& observed_;
  metrics::SlotCounts& slot_counts_;
  LatencyEvents latency_events_;
  Subscribers subscribers_;
  Monitors monitors_;
  Scripts scripts_;
  Pause pause_{scripts_};
  HotKeys hot_keys_;
  std::shared_ptr<const PoolSettings> settings_;
  std::vector<std::unique_ptr<ShardConnections>> shards_;  // by ShardIndex
  std::vector<std::unique_ptr<ShardConnections>> incoming_;
  std::vector<std::unique_ptr<ShardConnections>> retiring_;
  ShardConnections* busy_shard_ = nullptr;  // of shards_
  std::vector<std::pair<const Upstream*, uint64_t>> marks_;
  std::vector<bool> losing_;  // of shards_: those whose slots move
  bool handing_over_ = false;
};

}  // namespace slotway::proxy
