#include "backend/tick_clock.h"

#include <chrono>

namespace slotway::backend {

TickClock::TickClock() {
#if defined(__x86_64__)
  using Clock = std::chrono::steady_clock;
  constexpr auto kLong = std::chrono::microseconds(200);
  const auto began = Clock::now();
  const uint64_t first = now();
  auto ended = began;
  while (ended - began < kLong) ended = Clock::now();
  const uint64_t ticks = now() - first;
  if (ticks > 0) {
    ns_per_tick_ = std::chrono::duration<double, std::nano>(ended - began).count() /
                   static_cast<double>(ticks);
  }
#endif
}

}  // namespace slotway::backend
