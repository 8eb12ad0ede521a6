// The estimator of HyperLogLogs: Ertl's algorithm 6, in his names.
#include <cmath>

#include "backend/types/hyperloglog.h"

namespace slotway::backend {

namespace {

double sigma(double x) {
  if (x == 1) return INFINITY;
  double sum = x;
  double previous = 0;
  for (double y = 1; sum != previous; y += y) {
    previous = sum;
    x *= x;
    sum += x * y;
  }
  return sum;
}

double tau(double x) {
  if (x == 0 || x == 1) return 0;
  double sum = 1 - x;
  double previous = 0;
  for (double y = 0.5; sum != previous; y *= 0.5) {
    previous = sum;
    x = std::sqrt(x);
    sum -= (1 - x) * (1 - x) * y;
  }
  return sum / 3;
}

}  // namespace

uint64_t estimate_hll(const HllHistogram& histogram) {
  constexpr double kCount = kHllRegisters;
  constexpr double kAlpha = 0.721347520444481703680;  // 1 / (2 ln 2)
  double z = kCount * tau((kCount - histogram[kHllRankBits + 1]) / kCount);
  for (size_t rank = kHllRankBits; rank >= 1; --rank) z = (z + histogram[rank]) * 0.5;
  z += kCount * sigma(histogram[0] / kCount);
  const double estimate = kAlpha * kCount * kCount / z;
  // Registers that no element can have brought about may ask for more than there are numbers; what
  // Redis says then.
  if (!(estimate < 0x1p63)) return kHllOutOfDate;
  return static_cast<uint64_t>(std::llround(estimate));
}

}  // namespace slotway::backend
