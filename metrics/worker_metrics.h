// WorkerMetrics: everything that one worker thread counts.
//
// Owned by the Registry. The worker's thread is the only one that writes; the scrape and INFO read
// from other threads. Its parts are allocations of their own, in whole cache lines, so that two
// workers never write to one line.
//
// Invariants:
//  1. A command's histogram is made when the command is first used and lives as long as this
//  object:
//     400 of them at once would be 1.3 MiB a worker.
//  2. A ShardMetrics lives as long as this object; a name is there once.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "metrics/counter.h"
#include "metrics/error_code.h"
#include "metrics/histogram.h"
#include "metrics/hot_key_metrics.h"
#include "metrics/shard_metrics.h"
#include "metrics/stage.h"
#include "wire/command_table.h"

namespace slotway::metrics {

// Why a client's connection ended.
enum class CloseReason : uint8_t {
  kEof,            // the client closed, or QUIT
  kError,          // reading or writing failed
  kProtocolError,  // its bytes were not RESP
  kIdle,           // no request for too long
  kPartial,        // no whole request for too long
  kStalled,        // wrote without ever reading
  kOutputLimit,    // its unread replies exceeded the limit
  kKilled,         // CLIENT KILL
  kSecurity,       // HTTP, or too much before AUTH
  kDrain,          // the proxy stops
};
inline constexpr size_t kCloseReasonCount = static_cast<size_t>(CloseReason::kDrain) + 1;

// "eof", "protocol_error", ...: the label that the exporter uses.
std::string_view name_of(CloseReason reason);

// How many commands came with one read: by powers of two, from 1 to more than 512.
struct PipelineDepths {
  static constexpr size_t kBuckets = 11;
  std::array<Counter, kBuckets> reads;  // with at most 2^i commands; the last: with more
  Counter commands;

  void record(uint64_t depth) noexcept {
    if (depth == 0) return;
    const auto octave = static_cast<size_t>(std::bit_width(depth - 1));
    reads[std::min(octave, kBuckets - 1)].add();
    commands.add(depth);
  }
};

// What concerns clients and not one command or shard.
struct alignas(64) ClientMetrics {
  Gauge connections;  // open now
  Counter accepted;   // all connections that were taken on
  Counter rejected;   // turned away at once: maxclients, out of descriptors
  Counter bytes_in;   // from clients
  Counter bytes_out;  // to clients
  Gauge in_flight;    // requests read and not yet answered
  Counter protocol_errors;
  Counter unknown_commands;
  std::array<Counter, kErrorCodes.size()> errors;  // replies, by their codes
  Counter slow_requests;  // kept in the slow log, or for want of room there not
  Counter big_requests;   // above the threshold of big keys
  Counter big_replies;
  PipelineDepths depths;
  std::array<Counter, kCloseReasonCount> closed;

  // A connection that was taken on, and its end.
  void opened() noexcept {
    accepted.add();
    connections.add();
  }
  void closed_by(CloseReason reason) noexcept {
    closed[static_cast<size_t>(reason)].add();
    connections.sub();
  }
};

// What concerns one command.
struct alignas(64) CommandMetrics {
  Counter requests;
  Counter errors;
  std::atomic<Histogram*> latency{nullptr};  // owned; null until the first timed request
};

class alignas(64) WorkerMetrics {
 public:
  // For commands with ids below `command_count`.
  explicit WorkerMetrics(size_t command_count = wire::command_count());
  ~WorkerMetrics();
  WorkerMetrics(const WorkerMetrics&) = delete;
  WorkerMetrics& operator=(const WorkerMetrics&) = delete;

  // Answered requests of clients, `times` of them that are alike: whether the answer was an error,
  // and the nanoseconds from the turn that read it to when its answer was ready. On the worker's
  // thread; requires id < command_count.
  void record(wire::CommandId id, bool error, uint64_t latency_ns, uint64_t times = 1) noexcept {
    CommandMetrics& cell = commands_[id];
    count(cell, error, times);
    Histogram* latency = cell.latency.load(std::memory_order_relaxed);
    if (latency == nullptr) [[unlikely]] {
      latency = add_histogram(cell);
      if (latency == nullptr) return;
    }
    latency->record(latency_ns, times);
  }
  // The same for requests whose time says nothing: they waited because they were told to (BLPOP).
  void record_untimed(wire::CommandId id, bool error, uint64_t times = 1) noexcept {
    count(commands_[id], error, times);
  }

  // The cells of a shard, made when first asked for. Takes a lock: for the path of control. The
  // reference is good until this object ends. Any thread may ask; the worker's alone may write.
  ShardMetrics& shard(std::string_view pool, std::string_view name);
  // The same for the slots of a pool.
  SlotCounts& slots(std::string_view pool);

  ClientMetrics clients;
  HotKeyMetrics hot_keys;
  // Of forwarded requests. kOrder and kWrite: of all whose replies were written.
  std::array<Histogram, kStageCount> stages;
  Histogram& stage(Stage stage) { return stages[static_cast<size_t>(stage)]; }

  // From any thread.
  size_t command_count() const { return command_count_; }
  const CommandMetrics& command(wire::CommandId id) const { return commands_[id]; }
  std::vector<const ShardMetrics*> shards() const;
  // Null if that pool's were never asked for.
  const SlotCounts* find_slots(std::string_view pool) const;

 private:
  static void count(CommandMetrics& cell, bool error, uint64_t times) noexcept {
    cell.requests.add(times);
    if (error) cell.errors.add(times);
  }
  // Null when there is no memory: then the latency of this request is not recorded.
  static Histogram* add_histogram(CommandMetrics& cell) noexcept;

  const size_t command_count_;
  const std::unique_ptr<CommandMetrics[]> commands_;

  mutable std::mutex mutex_;  // guards what follows, not what is in them
  std::vector<std::unique_ptr<ShardMetrics>> shards_;
  std::vector<std::unique_ptr<SlotCounts>> slots_;
};

}  // namespace slotway::metrics
