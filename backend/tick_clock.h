// TickClock: the processor's own counter as a clock for short spans.
//
// Reading it takes about a quarter of the time that the system's clock takes, which matters where
// every command is measured. On processors without such a counter it is the system's clock. Counts
// of different threads are not to be compared. Constant once made; any thread.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <x86intrin.h>
#else
#include <chrono>
#endif

namespace slotway::backend {

class TickClock {
 public:
  // Compares the counter with the system's clock for a fifth of a millisecond.
  TickClock();

  static uint64_t now() {
#if defined(__x86_64__)
    return __rdtsc();
#else
    return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch() /
                                 std::chrono::nanoseconds(1));
#endif
  }
  // What lies between two counts, in nanoseconds; 0 if the counter was set back in between.
  uint64_t ns_between(uint64_t begin, uint64_t end) const {
    return end > begin ? static_cast<uint64_t>(static_cast<double>(end - begin) * ns_per_tick_) : 0;
  }

 private:
  double ns_per_tick_ = 1;
};

}  // namespace slotway::backend
