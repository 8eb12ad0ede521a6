// History: what happened in each of the last seconds, for those who look at the proxy themselves
// instead of asking Prometheus.
//
// Made of the registry's sums, which one thread takes once a second (sample()); any thread may ask.
// All rates are per second. Owned by the program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "metrics/registry.h"

namespace slotway::metrics {

// One interval of about a second.
struct HistorySample {
  int64_t unix_ms = 0;  // its end
  double requests = 0;
  double errors = 0;     // error replies
  double bytes_in = 0;   // from clients
  double bytes_out = 0;  // to clients
  double cache_hits = 0;
  double cache_misses = 0;
  uint64_t p50_ns = 0;
  uint64_t p99_ns = 0;
  uint64_t p999_ns = 0;
  int64_t connections = 0;  // of clients, at its end
};

// Of one shard, in the last interval.
struct ShardRates {
  double requests = 0;
  double errors = 0;  // what was refused at once included
  double bytes = 0;   // sent and received
  uint64_t p50_ns = 0;
  uint64_t p99_ns = 0;
};

// How unevenly a pool's shards were used in the last 10 intervals: the busiest one's part over the
// mean. 1 if nothing was done.
struct Skew {
  double requests = 1;
  double bytes = 1;
};

class History {
 public:
  static constexpr size_t kSamples = 300;
  static constexpr size_t kSkewIntervals = 10;
  using ShardName = std::pair<std::string, std::string>;  // pool, shard

  explicit History(const Registry& registry);

  // Ends an interval. `steady_ns` is the monotonic clock, `unix_ms` the wall clock.
  void sample(uint64_t steady_ns, int64_t unix_ms);

  // The newest `most`, the oldest of them first.
  std::vector<HistorySample> newest(size_t most) const;
  std::map<ShardName, ShardRates> shards() const;
  std::map<std::string, Skew> skew() const;  // by pool

 private:
  struct Sums {
    ClientSum clients;
    HotKeySum hot_keys;
    uint64_t requests = 0;
    uint64_t errors = 0;
    HistogramSnapshot latency;
    std::map<ShardName, ShardSum> shards;
  };
  struct Load {
    uint64_t requests = 0;
    uint64_t bytes = 0;
  };
  Sums take_sums() const;
  std::map<std::string, Skew> recent_skew() const;
  void add_interval(const Sums& now, double seconds, int64_t unix_ms);

  const Registry& registry_;
  // Of the thread that calls sample().
  Sums before_;
  uint64_t before_ns_ = 0;
  std::deque<std::map<ShardName, Load>> loads_;  // of the last kSkewIntervals

  mutable std::mutex mutex_;  // guards what follows
  std::deque<HistorySample> samples_;
  std::map<ShardName, ShardRates> shards_;
  std::map<std::string, Skew> skew_;
};

}  // namespace slotway::metrics
