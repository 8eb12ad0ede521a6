// ShardMetrics: what one worker counts about one shard of one pool.
//
// Owned by the worker's WorkerMetrics, which hands it out by name and never frees it before its own
// end: an upstream connection keeps the reference, and a reload that keeps the names keeps the
// counts. Written by that worker's thread alone, read by any.
#pragma once

#include <string>

#include "metrics/counter.h"
#include "metrics/histogram.h"

namespace slotway::metrics {

struct alignas(64) ShardMetrics {
  ShardMetrics(std::string pool_name, std::string shard_name)
      : pool(std::move(pool_name)), shard(std::move(shard_name)) {}

  // One answered request: whether the shard's reply was an error, and the nanoseconds from when it
  // was queued for the shard to its reply.
  void record(bool error, uint64_t latency_ns) noexcept {
    requests.add();
    if (error) errors.add();
    latency.record(latency_ns);
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
  Counter reconnects;
  Gauge connections;    // established, to the primary
  Gauge answering;      // 1 while requests can be sent to the primary
  Gauge breakers_open;  // 1 while requests fail at once because the primary does not answer
  Gauge replica_connections;
  Counter replica_reads;  // requests that were given to a replica
  Histogram latency;
};

}  // namespace slotway::metrics
