#include "tests/bench/load/zipf.h"

#include <algorithm>
#include <cmath>

namespace slotway::load {

namespace {

// (e^x - 1) / x and ln(1 + x) / x, also where x is or nears 0: there s nears 1, and the area is a
// logarithm.
double growth(double x) { return std::abs(x) > 1e-8 ? std::expm1(x) / x : 1 + x / 2; }
double shrinkage(double x) { return std::abs(x) > 1e-8 ? std::log1p(x) / x : 1 - x / 2; }

}  // namespace

Zipf::Zipf(uint32_t n, double s)
    : n_(n),
      s_(s),
      least_(area(1.5) - 1),
      greatest_(area(n_ + 0.5)),
      sure_(2 - inverse(area(2.5) - weight(2))) {}

double Zipf::weight(double x) const { return std::exp(-s_ * std::log(x)); }

double Zipf::area(double x) const {
  const double log_x = std::log(x);
  return growth((1 - s_) * log_x) * log_x;
}

double Zipf::inverse(double a) const {
  // Rounding must not take the logarithm of what is below 0.
  const double x = std::max(a * (1 - s_), -1 + 1e-16);
  return std::exp(shrinkage(x) * a);
}

uint32_t Zipf::draw(Random& random) const {
  while (true) {
    const double a = greatest_ + random.share() * (least_ - greatest_);
    const double x = inverse(a);
    const double rank = std::clamp(std::floor(x + 0.5), 1.0, n_);
    if (rank - x <= sure_ || a >= area(rank + 0.5) - weight(rank)) {
      return static_cast<uint32_t>(rank);
    }
  }
}

}  // namespace slotway::load
