// Counter and Gauge: one number that one thread writes and any thread may read.
//
// A cell belongs to the thread that counts in it (a worker, the listener): an addition is a load
// and a store, both relaxed, with no locked instruction. A reader (the scrape) may see a value that
// is a few additions old, never a torn one. Two writers on one cell would lose counts: give each
// its own.
#pragma once

#include <atomic>
#include <cstdint>

namespace slotway::metrics {

// Only grows. Wraps after 2^64.
class Counter {
 public:
  // On the owner's thread.
  void add(uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  // From any thread.
  uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// Grows and shrinks.
class Gauge {
 public:
  // On the owner's thread.
  void add(int64_t n = 1) noexcept { set(value() + n); }
  void sub(int64_t n = 1) noexcept { set(value() - n); }
  void set(int64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
  // From any thread.
  int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

}  // namespace slotway::metrics
