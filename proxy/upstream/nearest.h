// Which of several servers with the same data answers soonest: RoundTrip measures one of them by
// probes, nearest() picks.
//
// The measure is an exponentially weighted mean, and two things beside it: a probe that is still
// unanswered counts with its age, so that a server that hangs is left at once; and a probe that is
// far off the mean (a server that stood still and goes on) is not believed before the next one has
// said the same. Pure values; one worker thread. Source of the mean: RFC 6298, section 2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace slotway::proxy {

class RoundTrip {
 public:
  static constexpr uint64_t kIntervalNs = 500'000'000;
  // Not measured yet, and not to be used: what is compared with these loses.
  static constexpr uint64_t kUnknown = std::numeric_limits<uint64_t>::max() - 1;
  static constexpr uint64_t kUnusable = std::numeric_limits<uint64_t>::max();

  // Whether the next probe is to go out. One is under way at a time.
  bool due(uint64_t now_ns) const;
  void sent(uint64_t now_ns);
  void answered(uint64_t now_ns);

  // Nanoseconds that a request would take, or kUnknown.
  uint64_t estimate(uint64_t now_ns) const;

 private:
  bool waiting_ = false;
  bool measured_ = false;
  bool doubted_ = false;  // the last one was far off
  uint64_t sent_ns_ = 0;  // of the last probe; 0: never
  uint64_t mean_ns_ = 0;
  uint64_t last_ns_ = 0;
};

// The index of the server to ask, given the `estimates` of all and the one that was `chosen` so
// far: another only if it is better by a fifth or more, so that equals do not take turns, or if the
// chosen one is kUnusable.
size_t nearest(std::span<const uint64_t> estimates_ns, size_t chosen);

}  // namespace slotway::proxy
