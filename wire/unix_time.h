// The time of day, for what is told to people.
#pragma once

#include <chrono>
#include <cstdint>

namespace slotway::wire {

// Milliseconds since 1970, UTC. It may go backwards.
inline uint64_t unix_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

}  // namespace slotway::wire
