// How long tests wait: every deadline of a test is written in the time of a plain build and
// stretched here for builds with a sanitizer.
#pragma once

#include <chrono>
#include <thread>

namespace slotway::tests {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// SLOTWAY_TEST_SLOWNESS comes from CMake: 1, and more with a sanitizer.
inline constexpr int kSlowness = SLOTWAY_TEST_SLOWNESS;
inline constexpr bool kSanitized = kSlowness > 1;

// `time` as this build needs it.
constexpr milliseconds patience(milliseconds time) { return time * kSlowness; }

// For what should happen at once; only a failing test waits so long.
inline constexpr milliseconds kLong = patience(milliseconds(8000));

// Asks again and again, for up to `limit` (not stretched), whether it has come true.
template <typename Condition>
bool eventually(Condition condition, milliseconds limit = kLong) {
  const auto deadline = Clock::now() + limit;
  while (!condition()) {
    if (Clock::now() > deadline) return false;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return true;
}

}  // namespace slotway::tests
