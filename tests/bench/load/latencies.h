// Latencies: a high dynamic range histogram of nanoseconds, exact below 512 and to 0.4 % above.
//
// Each octave from 2^9 ns to 2^40 ns (18 minutes) is cut into 256 buckets of equal width; what is
// longer counts as 2^40. Finer than metrics/histogram.h, which a scrape has to carry; here a p99 is
// to be told from one a percent away. 66 KiB. One thread.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace slotway::load {

class Latencies {
 public:
  void record(uint64_t ns) {
    ++counts_[bucket_of(ns)];
    ++count_;
    sum_ns_ += ns;
    max_ns_ = std::max(max_ns_, ns);
  }
  void add(const Latencies& other);

  uint64_t count() const { return count_; }
  uint64_t max_ns() const { return max_ns_; }
  double mean_ns() const {
    return count_ == 0 ? 0 : static_cast<double>(sum_ns_) / static_cast<double>(count_);
  }
  // The value that a share `q` (0 to 1) of all do not exceed: the greatest of its bucket, but no
  // more than max_ns(). 0 if there are none.
  uint64_t quantile(double q) const;

 private:
  static constexpr unsigned kSubBits = 8;
  static constexpr unsigned kLastOctave = 40;  // 2^40 ns
  static constexpr size_t kBuckets = ((kLastOctave - kSubBits) << kSubBits) + (1 << kSubBits) + 1;

  static size_t bucket_of(uint64_t ns) {
    ns = std::min(ns, uint64_t{1} << kLastOctave);
    if (ns < (2u << kSubBits)) return ns;
    const unsigned shift = static_cast<unsigned>(std::bit_width(ns)) - 1 - kSubBits;
    // ns >> shift lies in [256, 512): the leading one and the eight bits behind it.
    return (size_t{shift} << kSubBits) + (ns >> shift);
  }
  static uint64_t greatest_of(size_t bucket);

  std::array<uint64_t, kBuckets> counts_{};
  uint64_t count_ = 0;
  uint64_t sum_ns_ = 0;
  uint64_t max_ns_ = 0;
};

}  // namespace slotway::load
