// Registry: all that the process counts, and the sums over its threads.
//
// Made once, before the threads that count; it must outlive them and the admin server. Any thread
// may call it. The sums are read while the owners go on counting: two numbers of one sum may be a
// few requests apart.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metrics/worker_metrics.h"

namespace slotway::metrics {

// ClientMetrics (worker_metrics.h) of all threads.
struct ClientSum {
  int64_t connections = 0;
  uint64_t accepted = 0;
  uint64_t rejected = 0;
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;
  int64_t in_flight = 0;
  uint64_t protocol_errors = 0;
  uint64_t unknown_commands = 0;
  uint64_t slow_requests = 0;
  uint64_t big_requests = 0;
  uint64_t big_replies = 0;
  std::array<uint64_t, kErrorCodes.size()> errors{};
  std::array<uint64_t, PipelineDepths::kBuckets> reads_by_depth{};
  uint64_t commands_read = 0;
  std::array<uint64_t, kCloseReasonCount> closed{};
};

// CommandMetrics of all threads.
struct CommandSum {
  uint64_t requests = 0;
  uint64_t errors = 0;
  HistogramSnapshot latency;
};

// ShardMetrics of all threads for one shard.
struct ShardSum {
  std::string pool;
  std::string shard;
  uint64_t requests = 0;
  uint64_t errors = 0;
  uint64_t timeouts = 0;
  uint64_t refused = 0;
  uint64_t retries = 0;
  uint64_t reconnects = 0;
  uint64_t bytes_sent = 0;
  uint64_t bytes_received = 0;
  uint64_t writes = 0;
  uint64_t reads = 0;
  int64_t in_flight = 0;
  int64_t connections = 0;
  int64_t answering = 0;
  int64_t answering_since_unix_ms = 0;  // of the thread that was the last to change
  int64_t breakers_open = 0;
  int64_t replica_connections = 0;
  uint64_t replica_reads = 0;
  HistogramSnapshot latency;
};

// What nobody counts but the program knows.
struct Topology {
  struct Shard {
    std::string pool;
    std::string shard;
    uint64_t slots;  // that it serves
  };
  std::vector<Shard> shards;
  // Cells outlive their shards, which a reload takes away. All are served while none is known.
  bool serves(std::string_view pool, std::string_view shard) const {
    return shards.empty() || std::ranges::any_of(shards, [&](const Shard& each) {
             return each.pool == pool && each.shard == shard;
           });
  }
  uint64_t pinned = 0;  // descriptors of connections that single clients have for themselves
  uint64_t most_pinned = 0;
};

class Registry {
 public:
  // For commands with ids below `command_count`.
  explicit Registry(size_t command_count = wire::command_count()) : command_count_(command_count) {}
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // The cells of one more counting thread: a worker, or the listener. Good until the registry ends.
  WorkerMetrics& add_worker();

  // A reload of the configuration was applied, or refused.
  void count_reload(bool applied) { (applied ? applied_ : refused_).fetch_add(1); }
  uint64_t reloads(bool applied) const { return (applied ? applied_ : refused_).load(); }

  size_t command_count() const { return command_count_; }
  ClientSum clients() const;
  HotKeySum hot_keys() const;
  // What is hot now, of each pool that looks for it. `source` is called by any thread; it is set
  // before any asks.
  void set_hot_key_source(std::function<std::vector<HotKeyRates>()> source) {
    hot_key_source_ = std::move(source);
  }
  std::vector<HotKeyRates> hot_key_rates() const {
    return hot_key_source_ ? hot_key_source_() : std::vector<HotKeyRates>();
  }
  // `source` is called by any thread; it is set before any asks.
  void set_topology_source(std::function<Topology()> source) {
    topology_source_ = std::move(source);
  }
  Topology topology() const { return topology_source_ ? topology_source_() : Topology(); }
  // Requires id < command_count().
  CommandSum command(wire::CommandId id) const;
  HistogramSnapshot stage(Stage stage) const;
  // Requests so far, by slot.
  std::vector<uint64_t> slots(std::string_view pool) const;
  // Ordered by pool and shard.
  std::vector<ShardSum> shards() const;

 private:
  // Stable once made: a worker is never taken out.
  std::vector<const WorkerMetrics*> workers() const;

  const size_t command_count_;
  std::atomic<uint64_t> applied_{0};
  std::atomic<uint64_t> refused_{0};
  std::function<std::vector<HotKeyRates>()> hot_key_source_;
  std::function<Topology()> topology_source_;

  mutable std::mutex mutex_;  // guards workers_, not what is in them
  std::vector<std::unique_ptr<WorkerMetrics>> workers_;
};

}  // namespace slotway::metrics
