#include "tests/bench/load/latencies.h"

#include <cmath>

namespace slotway::load {

void Latencies::add(const Latencies& other) {
  for (size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  sum_ns_ += other.sum_ns_;
  max_ns_ = std::max(max_ns_, other.max_ns_);
}

uint64_t Latencies::greatest_of(size_t bucket) {
  if (bucket < (2u << kSubBits)) return bucket;
  const size_t shift = (bucket >> kSubBits) - 1;
  return ((bucket - (shift << kSubBits) + 1) << shift) - 1;
}

uint64_t Latencies::quantile(double q) const {
  if (count_ == 0) return 0;
  const auto wanted =
      std::max(uint64_t{1}, static_cast<uint64_t>(std::ceil(q * static_cast<double>(count_))));
  uint64_t passed = 0;
  for (size_t i = 0; i + 1 < kBuckets; ++i) {
    passed += counts_[i];
    if (passed >= wanted) return std::min(greatest_of(i), max_ns_);
  }
  return max_ns_;
}

}  // namespace slotway::load
