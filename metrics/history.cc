#include "metrics/history.h"

#include <algorithm>

namespace slotway::metrics {

namespace {

uint64_t count_of(const HotKeySum& sum, HotKeyCount count) {
  return sum.counts[static_cast<size_t>(count)];
}

// Sums of counters are taken one after the other, and a shard may have come anew.
uint64_t grown(uint64_t now, uint64_t before) { return now > before ? now - before : 0; }

double over_mean(uint64_t most, uint64_t sum, size_t count) {
  return sum == 0
             ? 1
             : static_cast<double>(most) * static_cast<double>(count) / static_cast<double>(sum);
}

}  // namespace

History::History(const Registry& registry) : registry_(registry) {}

History::Sums History::take_sums() const {
  Sums sums;
  sums.clients = registry_.clients();
  sums.hot_keys = registry_.hot_keys();
  for (const uint64_t errors : sums.clients.errors) sums.errors += errors;
  for (size_t id = 0; id < registry_.command_count(); ++id) {
    const CommandSum command = registry_.command(static_cast<wire::CommandId>(id));
    sums.requests += command.requests;
    if (command.requests > 0) sums.latency.merge(command.latency);
  }
  const Topology topology = registry_.topology();
  for (ShardSum& shard : registry_.shards()) {
    if (!topology.serves(shard.pool, shard.shard)) continue;
    ShardName name(shard.pool, shard.shard);
    sums.shards.emplace(std::move(name), std::move(shard));
  }
  return sums;
}

void History::sample(uint64_t steady_ns, int64_t unix_ms) {
  Sums now = take_sums();
  const uint64_t before_ns = std::exchange(before_ns_, steady_ns);
  if (before_ns != 0 && steady_ns > before_ns) {
    add_interval(now, static_cast<double>(steady_ns - before_ns) / 1e9, unix_ms);
  }
  before_ = std::move(now);
}

void History::add_interval(const Sums& now, double seconds, int64_t unix_ms) {
  const auto rate = [&](uint64_t after, uint64_t before) {
    return static_cast<double>(grown(after, before)) / seconds;
  };
  HistorySample sample;
  sample.unix_ms = unix_ms;
  sample.requests = rate(now.requests, before_.requests);
  sample.errors = rate(now.errors, before_.errors);
  sample.bytes_in = rate(now.clients.bytes_in, before_.clients.bytes_in);
  sample.bytes_out = rate(now.clients.bytes_out, before_.clients.bytes_out);
  const auto cache_rate = [&](HotKeyCount count) {
    return rate(count_of(now.hot_keys, count), count_of(before_.hot_keys, count));
  };
  sample.cache_hits = cache_rate(HotKeyCount::kHits);
  sample.cache_misses = cache_rate(HotKeyCount::kMisses);
  HistogramSnapshot latency = now.latency;
  latency.subtract(before_.latency);
  sample.p50_ns = latency.quantile(0.5);
  sample.p99_ns = latency.quantile(0.99);
  sample.p999_ns = latency.quantile(0.999);
  sample.connections = std::max<int64_t>(now.clients.connections, 0);

  std::map<ShardName, ShardRates> rates;
  std::map<ShardName, Load>& loads = loads_.emplace_back();
  for (const auto& [name, sum] : now.shards) {
    const auto found = before_.shards.find(name);
    const ShardSum none;
    const ShardSum& old = found == before_.shards.end() ? none : found->second;
    const uint64_t bytes = sum.bytes_sent + sum.bytes_received;
    const uint64_t old_bytes = old.bytes_sent + old.bytes_received;
    loads[name] = {grown(sum.requests, old.requests), grown(bytes, old_bytes)};
    HistogramSnapshot shard_latency = sum.latency;
    shard_latency.subtract(old.latency);
    rates[name] = {rate(sum.requests, old.requests),
                   rate(sum.errors + sum.refused, old.errors + old.refused), rate(bytes, old_bytes),
                   shard_latency.quantile(0.5), shard_latency.quantile(0.99)};
  }

  if (loads_.size() > kSkewIntervals) loads_.pop_front();
  std::map<std::string, Skew> skew = recent_skew();
  const std::lock_guard lock(mutex_);
  samples_.push_back(sample);
  if (samples_.size() > kSamples) samples_.pop_front();
  shards_ = std::move(rates);
  skew_ = std::move(skew);
}

std::map<std::string, Skew> History::recent_skew() const {
  std::map<ShardName, Load> recent;
  for (const auto& interval : loads_) {
    for (const auto& [name, load] : interval) {
      recent[name].requests += load.requests;
      recent[name].bytes += load.bytes;
    }
  }
  struct Total {
    Load most;
    Load sum;
    size_t shards = 0;
  };
  std::map<std::string, Total> totals;
  for (const auto& [name, load] : recent) {
    Total& total = totals[name.first];
    ++total.shards;
    total.sum.requests += load.requests;
    total.sum.bytes += load.bytes;
    total.most.requests = std::max(total.most.requests, load.requests);
    total.most.bytes = std::max(total.most.bytes, load.bytes);
  }
  std::map<std::string, Skew> skew;
  for (const auto& [pool, total] : totals) {
    skew[pool] = {over_mean(total.most.requests, total.sum.requests, total.shards),
                  over_mean(total.most.bytes, total.sum.bytes, total.shards)};
  }
  return skew;
}

std::vector<HistorySample> History::newest(size_t most) const {
  const std::lock_guard lock(mutex_);
  const auto begin = samples_.end() - static_cast<ptrdiff_t>(std::min(most, samples_.size()));
  return {begin, samples_.end()};
}

std::map<History::ShardName, ShardRates> History::shards() const {
  const std::lock_guard lock(mutex_);
  return shards_;
}

std::map<std::string, Skew> History::skew() const {
  const std::lock_guard lock(mutex_);
  return skew_;
}

}  // namespace slotway::metrics
