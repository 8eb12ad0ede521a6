// LatencyEvents: when something took long for one worker's clients of one pool, for LATENCY.
//
// Of each event the largest sample of a second is kept, and the newest so many of those. No locks:
// of one thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace slotway::proxy {

enum class LatencyEvent : uint8_t {
  kCommand,      // from its arrival to its answer
  kFastCommand,  // one that Redis calls fast
  kLoop,         // a turn of a worker's loop: what had arrived had to wait for its end
};
// Those of Redis are called as there.
inline constexpr std::array<std::string_view, 3> kLatencyEventNames = {"command", "fast-command",
                                                                       "loop"};

class LatencySeries {
 public:
  static constexpr size_t kMostSamples = 160;

  struct Sample {
    int64_t unix_seconds;
    int64_t milliseconds;
    bool operator==(const Sample&) const = default;
  };

  bool empty() const { return samples_.empty(); }
  // The oldest first, at most one of a second.
  const std::vector<Sample>& samples() const { return samples_; }
  // Milliseconds, of all that were ever added.
  int64_t all_time_high() const { return all_time_high_; }

  void add(Sample sample);
  // What another series, whose samples are added to this one, had as its own.
  void raise_all_time_high(int64_t milliseconds);

 private:
  std::vector<Sample> samples_;
  int64_t all_time_high_ = 0;
};

class LatencyEvents {
 public:
  // Now.
  void add(LatencyEvent event, uint64_t ns);
  // In the order of kLatencyEventNames.
  std::array<LatencySeries, kLatencyEventNames.size()> series;
};

}  // namespace slotway::proxy
