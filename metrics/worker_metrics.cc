#include "metrics/worker_metrics.h"

#include <new>
#include <string>

namespace slotway::metrics {

std::string_view name_of(CloseReason reason) {
  switch (reason) {
    case CloseReason::kEof:
      return "eof";
    case CloseReason::kError:
      return "error";
    case CloseReason::kProtocolError:
      return "protocol_error";
    case CloseReason::kIdle:
      return "idle";
    case CloseReason::kPartial:
      return "partial";
    case CloseReason::kStalled:
      return "stalled";
    case CloseReason::kOutputLimit:
      return "output_limit";
    case CloseReason::kKilled:
      return "killed";
    case CloseReason::kSecurity:
      return "security";
    case CloseReason::kDrain:
      return "drain";
  }
  return "unknown";
}

WorkerMetrics::WorkerMetrics(size_t command_count)
    : command_count_(command_count), commands_(std::make_unique<CommandMetrics[]>(command_count)) {}

WorkerMetrics::~WorkerMetrics() {
  for (size_t id = 0; id < command_count_; ++id) delete commands_[id].latency.load();
}

ShardMetrics& WorkerMetrics::shard(std::string_view pool, std::string_view name) {
  const std::lock_guard lock(mutex_);
  for (const auto& cells : shards_) {
    if (cells->pool == pool && cells->shard == name) return *cells;
  }
  shards_.push_back(std::make_unique<ShardMetrics>(std::string(pool), std::string(name)));
  return *shards_.back();
}

SlotCounts& WorkerMetrics::slots(std::string_view pool) {
  const std::lock_guard lock(mutex_);
  for (const auto& slots : slots_) {
    if (slots->pool == pool) return *slots;
  }
  slots_.push_back(std::make_unique<SlotCounts>(std::string(pool)));
  return *slots_.back();
}

const SlotCounts* WorkerMetrics::find_slots(std::string_view pool) const {
  const std::lock_guard lock(mutex_);
  for (const auto& slots : slots_) {
    if (slots->pool == pool) return slots.get();
  }
  return nullptr;
}

std::vector<const ShardMetrics*> WorkerMetrics::shards() const {
  const std::lock_guard lock(mutex_);
  std::vector<const ShardMetrics*> cells;
  cells.reserve(shards_.size());
  for (const auto& shard : shards_) cells.push_back(shard.get());
  return cells;
}

Histogram* WorkerMetrics::add_histogram(CommandMetrics& cell) noexcept {
  Histogram* histogram = new (std::nothrow) Histogram;
  // Release: a reader that sees the pointer sees the zeroed buckets behind it.
  cell.latency.store(histogram, std::memory_order_release);
  return histogram;
}

}  // namespace slotway::metrics
