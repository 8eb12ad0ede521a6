#include "backend/engine/access_clock.h"

namespace slotway::backend {

uint32_t AccessClock::frequency(const Entry* entry) const {
  const uint32_t count = entry->accessed() & 0xff;
  if (frequency_.decay_minutes == 0) return count;
  const uint32_t passed = (minutes_ - (entry->accessed() >> 8)) & kMinuteMask;
  return count - std::min(count, passed / frequency_.decay_minutes);
}

uint32_t AccessClock::counted(const Entry* entry) {
  constexpr uint32_t kMost = 255;
  uint32_t count = frequency(entry);
  if (count < kMost) {
    const uint32_t above = count - std::min(count, kFirstCount);
    // With a probability of 1 in above * factor + 1.
    if (random_() % (uint64_t{above} * frequency_.log_factor + 1) == 0) ++count;
  }
  return packed(count);
}

}  // namespace slotway::backend
