// ShardMetrics: what one worker counts about one shard of one pool.
//
// Owned by the worker's WorkerMetrics, which hands it out by name and never frees it before its own
// end: an upstream connection keeps the reference, and a reload that keeps the names keeps the
// counts. Written by that worker's thread alone, read by any.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "metrics/counter.h"
#include "metrics/histogram.h"
#include "wire/slot.h"

namespace slotway::metrics {

struct alignas(64) ShardMetrics {
  ShardMetrics(std::string pool_name, std::string shard_name)
      : pool(std::move(pool_name)), shard(std::move(shard_name)) {}

  // `count` answered requests, each of which took so many nanoseconds from when it was queued for
  // the shard to its reply. Errors are counted beside.
  void record(uint64_t latency_ns, uint64_t count) noexcept {
    requests.add(count);
    latency.record(latency_ns, count);
  }

  const std::string pool;
  const std::string shard;

  alignas(64) Counter requests;
  Counter errors;      // error replies of the shard, and requests that failed for want of a reply
  Counter bytes_sent;  // to the shard
  Counter bytes_received;  // from the shard
  Counter writes;          // that the kernel took bytes of
  Counter reads;           // that brought bytes
  Gauge in_flight;         // sent or queued, not answered
  Counter timeouts;
  Counter refused;  // requests that failed without being sent, for it was known to be in vain
  Counter retries;  // requests that were sent a second time
  Counter reconnects;
  Gauge connections;              // established, to the primary
  Gauge answering;                // 1 while requests can be sent to the primary
  Gauge answering_since_unix_ms;  // when `answering` took its value; 0: not known yet
  Gauge breakers_open;  // 1 while requests fail at once because the primary does not answer
  Gauge replica_connections;
  Counter replica_reads;  // requests that were given to a replica
  Histogram latency;
};

// How many requests one worker has forwarded for each slot of one pool: for the picture of where
// the load is. As ShardMetrics; a count wraps after 2^32.
struct alignas(64) SlotCounts {
  explicit SlotCounts(std::string pool_name) : pool(std::move(pool_name)) {}

  void add(wire::Slot slot) noexcept {
    std::atomic<uint32_t>& count = counts[slot];
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  const std::string pool;
  alignas(64) std::array<std::atomic<uint32_t>, wire::kSlotCount> counts{};
};

}  // namespace slotway::metrics
