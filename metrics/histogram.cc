#include "metrics/histogram.h"

#include <algorithm>
#include <cmath>

namespace slotway::metrics {

void HistogramSnapshot::merge(const Histogram& histogram) {
  sum_ns_ += histogram.sum_ns();
  for (size_t i = 0; i < buckets_.size(); ++i) {
    const uint64_t n = histogram.bucket(i);
    buckets_[i] += n;
    count_ += n;
  }
}

void HistogramSnapshot::merge(const HistogramSnapshot& other) {
  sum_ns_ += other.sum_ns_;
  count_ += other.count_;
  for (size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
}

void HistogramSnapshot::subtract(const HistogramSnapshot& earlier) {
  sum_ns_ -= earlier.sum_ns_;
  count_ -= earlier.count_;
  for (size_t i = 0; i < buckets_.size(); ++i) buckets_[i] -= earlier.buckets_[i];
}

uint64_t HistogramSnapshot::count_up_to(uint64_t ns) const {
  uint64_t sum = 0;
  for (size_t i = 0; i < buckets_.size() && Histogram::representative(i) <= ns; ++i) {
    sum += buckets_[i];
  }
  return sum;
}

uint64_t HistogramSnapshot::quantile(double q) const {
  if (count_ == 0) return 0;
  const double wanted = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_));
  const uint64_t rank = std::clamp<uint64_t>(static_cast<uint64_t>(wanted), 1, count_);
  uint64_t seen = 0;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= rank) return Histogram::representative(i);
  }
  return Histogram::representative(buckets_.size() - 1);
}

}  // namespace slotway::metrics
