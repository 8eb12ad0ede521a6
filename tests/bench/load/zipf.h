// Zipf: draws ranks from 1 to n, rank r with a probability proportional to r^-s.
//
// Exact for every s >= 0, 1 and above included, and without a table: rejection-inversion (Hoermann
// and Derflinger, "Rejection-inversion to generate variates from monotone discrete distributions",
// ACM TOMACS 6(3), 1996). The area below x^-s is inverted; few draws are rejected, so one takes a
// logarithm and an exponential. Immutable; any thread.
#pragma once

#include <cstdint>

#include "tests/bench/load/random.h"

namespace slotway::load {

class Zipf {
 public:
  // Requires n >= 1 and s >= 0.
  Zipf(uint32_t n, double s);

  uint32_t draw(Random& random) const;

 private:
  double weight(double x) const;   // x^-s
  double area(double x) const;     // below the weights from 1 to x
  double inverse(double a) const;  // the x of that area

  double n_;
  double s_;
  double least_;     // area that stands for rank 1 from its left end on
  double greatest_;  // area at the right end of rank n
  double sure_;      // a point no more than this left of its rank is never rejected
};

}  // namespace slotway::load
