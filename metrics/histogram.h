// Histogram: how long requests took, in nanoseconds, in buckets of which each is about 6 % wide.
//
// Log-linear: each octave (power of two) from 2^10 ns (1.024 us) to 2^36 ns (68.7 s) is cut into 16
// buckets of equal width; one bucket lies below and one above.
//
//     below 1 us | 1 .. 2 us: 16 buckets | 2 .. 4 us: 16 buckets | ... | 34 .. 69 s: 16 | above
//
// Invariants:
//  1. A value is off by at most 1/32 (3.1 %) from the middle of its bucket, from 1.024 us to 68.7
//  s.
//  2. The count is the sum of the buckets; it is kept nowhere else, so a reader's count and buckets
//     always agree. The sum of the values may be a few records ahead or behind.
//
// One thread records (see counter.h), any thread may read. 3.3 KiB each.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "metrics/counter.h"

namespace slotway::metrics {

class alignas(64) Histogram {
 public:
  static constexpr unsigned kFirstOctave = 10;  // 2^10 ns
  static constexpr unsigned kLastOctave = 36;   // 2^36 ns, exclusive
  static constexpr unsigned kSubBits = 4;
  static constexpr size_t kBuckets = 2 + ((kLastOctave - kFirstOctave) << kSubBits);

  // The bucket of a value in nanoseconds.
  static constexpr size_t bucket_of(uint64_t ns) noexcept {
    // Without a branch: what lies below the first octave comes out below 1, what lies above the
    // last behind the last bucket.
    constexpr uint64_t kBelow = uint64_t{1} << (kFirstOctave - 1);
    const int shift = std::bit_width(ns | kBelow) - 1 - int{kSubBits};
    // ns >> shift lies in [16, 32): the leading one and the four bits behind it.
    const int64_t index = ((int64_t{shift} + kSubBits - kFirstOctave) << kSubBits) +
                          static_cast<int64_t>(ns >> shift) - (int64_t{1} << kSubBits) + 1;
    return static_cast<size_t>(std::clamp<int64_t>(index, 0, kBuckets - 1));
  }
  // The least value of bucket `index`, in nanoseconds. Requires index < kBuckets.
  static constexpr uint64_t lower_bound(size_t index) noexcept {
    if (index == 0) return 0;
    const size_t octave = (index - 1) >> kSubBits;
    const uint64_t steps = (uint64_t{1} << kSubBits) + ((index - 1) & ((1u << kSubBits) - 1));
    return steps << (octave + kFirstOctave - kSubBits);
  }
  // The value that stands for all of bucket `index`: its middle; 2^36 ns for the last one.
  static constexpr uint64_t representative(size_t index) noexcept {
    if (index == kBuckets - 1) return lower_bound(index);
    return lower_bound(index) + (lower_bound(index + 1) - lower_bound(index)) / 2;
  }

  // On the owner's thread.
  void record(uint64_t ns) noexcept { record(ns, 1); }
  // `count` values, all of `ns`.
  void record(uint64_t ns, uint64_t count) noexcept {
    buckets_[bucket_of(ns)].add(count);
    sum_ns_.add(ns * count);
  }

  // From any thread.
  uint64_t bucket(size_t index) const noexcept { return buckets_[index].value(); }
  uint64_t sum_ns() const noexcept { return sum_ns_.value(); }

 private:
  Counter sum_ns_;
  std::array<Counter, kBuckets> buckets_;
};

// Values for a histogram that often are the same as the one before: those are recorded at once, by
// the time that this object ends.
class HistogramRun {
 public:
  explicit HistogramRun(Histogram& histogram) : histogram_(histogram) {}
  ~HistogramRun() { flush(); }
  HistogramRun(const HistogramRun&) = delete;
  HistogramRun& operator=(const HistogramRun&) = delete;

  void record(uint64_t ns) noexcept {
    if (ns != ns_) {
      flush();
      ns_ = ns;
    }
    ++count_;
  }

 private:
  void flush() noexcept {
    if (count_ > 0) histogram_.record(ns_, std::exchange(count_, 0));
  }

  Histogram& histogram_;
  uint64_t ns_ = 0;
  uint64_t count_ = 0;
};

// What one or several histograms held at one moment. A plain value.
class HistogramSnapshot {
 public:
  // Adds what is in there now.
  void merge(const Histogram& histogram);
  void merge(const HistogramSnapshot& other);
  // Takes out what was there at an earlier moment.
  void subtract(const HistogramSnapshot& earlier);

  uint64_t count() const { return count_; }
  uint64_t sum_ns() const { return sum_ns_; }

  // How many values are at most `ns`. A bucket counts as a whole by the middle of it, so the bound
  // itself is accurate to 3 %.
  uint64_t count_up_to(uint64_t ns) const;

  // The value, in nanoseconds, that a share `q` (0 .. 1) of all values do not exceed; 0 if there
  // are none.
  uint64_t quantile(double q) const;

 private:
  uint64_t count_ = 0;
  uint64_t sum_ns_ = 0;
  std::array<uint64_t, Histogram::kBuckets> buckets_{};
};

}  // namespace slotway::metrics
