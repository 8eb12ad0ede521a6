// Clock: the seam between the engine and time. Read once per turn of the loop and per batch, so
// that all commands of a batch see the same moment, as in Redis.
#pragma once

#include <chrono>
#include <cstdint>

namespace slotway::backend {

class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds of the Unix epoch: expiries, TIME. May jump.
  virtual int64_t wall_ms() const = 0;
  // Microseconds that never go back: budgets, timers, idle times.
  virtual int64_t steady_us() const = 0;
};

class SystemClock final : public Clock {
 public:
  int64_t wall_ms() const override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
  int64_t steady_us() const override {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
};

}  // namespace slotway::backend
