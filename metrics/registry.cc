#include "metrics/registry.h"

#include <map>
#include <utility>

namespace slotway::metrics {

WorkerMetrics& Registry::add_worker() {
  auto worker = std::make_unique<WorkerMetrics>(command_count_);
  const std::lock_guard lock(mutex_);
  workers_.push_back(std::move(worker));
  return *workers_.back();
}

std::vector<const WorkerMetrics*> Registry::workers() const {
  const std::lock_guard lock(mutex_);
  std::vector<const WorkerMetrics*> workers;
  workers.reserve(workers_.size());
  for (const auto& worker : workers_) workers.push_back(worker.get());
  return workers;
}

ClientSum Registry::clients() const {
  ClientSum sum;
  for (const WorkerMetrics* worker : workers()) {
    const ClientMetrics& cells = worker->clients;
    sum.connections += cells.connections.value();
    sum.accepted += cells.accepted.value();
    sum.rejected += cells.rejected.value();
    sum.bytes_in += cells.bytes_in.value();
    sum.bytes_out += cells.bytes_out.value();
    sum.in_flight += cells.in_flight.value();
    sum.protocol_errors += cells.protocol_errors.value();
    sum.unknown_commands += cells.unknown_commands.value();
    sum.slow_requests += cells.slow_requests.value();
    sum.big_requests += cells.big_requests.value();
    sum.big_replies += cells.big_replies.value();
    for (size_t i = 0; i < sum.errors.size(); ++i) sum.errors[i] += cells.errors[i].value();
    for (size_t i = 0; i < sum.reads_by_depth.size(); ++i) {
      sum.reads_by_depth[i] += cells.depths.reads[i].value();
    }
    sum.commands_read += cells.depths.commands.value();
    for (size_t i = 0; i < kCloseReasonCount; ++i) sum.closed[i] += cells.closed[i].value();
  }
  return sum;
}

HotKeySum Registry::hot_keys() const {
  HotKeySum sum;
  for (const WorkerMetrics* worker : workers()) {
    const HotKeyMetrics& cells = worker->hot_keys;
    for (size_t i = 0; i < sum.counts.size(); ++i) sum.counts[i] += cells.counts[i].value();
    sum.keys += cells.keys.value();
    sum.detection_delay.merge(cells.detection_delay);
    sum.bytes += cells.bytes.value();
  }
  return sum;
}

CommandSum Registry::command(wire::CommandId id) const {
  CommandSum sum;
  for (const WorkerMetrics* worker : workers()) {
    const CommandMetrics& cells = worker->command(id);
    sum.requests += cells.requests.value();
    sum.errors += cells.errors.value();
    const Histogram* latency = cells.latency.load(std::memory_order_acquire);
    if (latency != nullptr) sum.latency.merge(*latency);
  }
  return sum;
}

HistogramSnapshot Registry::stage(Stage stage) const {
  HistogramSnapshot sum;
  for (const WorkerMetrics* worker : workers()) {
    sum.merge(worker->stages[static_cast<size_t>(stage)]);
  }
  return sum;
}

std::vector<uint64_t> Registry::slots(std::string_view pool) const {
  std::vector<uint64_t> sums(wire::kSlotCount);
  for (const WorkerMetrics* worker : workers()) {
    const SlotCounts* const slots = worker->find_slots(pool);
    for (size_t i = 0; slots && i < sums.size(); ++i) {
      sums[i] += slots->counts[i].load(std::memory_order_relaxed);
    }
  }
  return sums;
}

std::vector<ShardSum> Registry::shards() const {
  std::map<std::pair<std::string, std::string>, ShardSum> by_name;
  for (const WorkerMetrics* worker : workers()) {
    for (const ShardMetrics* cells : worker->shards()) {
      ShardSum& sum = by_name[{cells->pool, cells->shard}];
      sum.requests += cells->requests.value();
      sum.errors += cells->errors.value();
      sum.timeouts += cells->timeouts.value();
      sum.refused += cells->refused.value();
      sum.retries += cells->retries.value();
      sum.reconnects += cells->reconnects.value();
      sum.bytes_sent += cells->bytes_sent.value();
      sum.bytes_received += cells->bytes_received.value();
      sum.writes += cells->writes.value();
      sum.reads += cells->reads.value();
      sum.in_flight += cells->in_flight.value();
      sum.connections += cells->connections.value();
      sum.answering += cells->answering.value();
      sum.answering_since_unix_ms =
          std::max(sum.answering_since_unix_ms, cells->answering_since_unix_ms.value());
      sum.breakers_open += cells->breakers_open.value();
      sum.replica_connections += cells->replica_connections.value();
      sum.replica_reads += cells->replica_reads.value();
      sum.latency.merge(cells->latency);
    }
  }
  std::vector<ShardSum> sums;
  sums.reserve(by_name.size());
  for (auto& [name, sum] : by_name) {
    sum.pool = name.first;
    sum.shard = name.second;
    sums.push_back(std::move(sum));
  }
  return sums;
}

}  // namespace slotway::metrics
