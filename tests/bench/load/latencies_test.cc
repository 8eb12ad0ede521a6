#include "tests/bench/load/latencies.h"

#include <doctest/doctest.h>

#include "tests/bench/load/random.h"

namespace slotway::load {

TEST_CASE("a value alone is every quantile, exactly") {
  for (const uint64_t ns : {0ull, 1ull, 511ull, 512ull, 513ull, 1'000'003ull, 1ull << 50}) {
    CAPTURE(ns);
    Latencies latencies;
    latencies.record(ns);
    for (const double q : {0.0, .5, 1.0}) CHECK(latencies.quantile(q) == ns);
    CHECK(latencies.max_ns() == ns);
  }
  CHECK(Latencies().quantile(.5) == 0);
}

TEST_CASE("quantiles are never too small, and at most 0.4 % too great") {
  for (const uint64_t step : {1ull, 1000ull, 1'234'567ull}) {
    Latencies latencies;
    for (uint64_t i = 1; i <= 10'000; ++i) latencies.record(i * step);
    CHECK(latencies.count() == 10'000);
    CHECK(latencies.mean_ns() == doctest::Approx(5000.5 * static_cast<double>(step)));
    for (const uint64_t wanted : {1ull, 5000ull, 9000ull, 9900ull, 9990ull, 9999ull, 10'000ull}) {
      CAPTURE(wanted);
      const uint64_t found = latencies.quantile(static_cast<double>(wanted) / 10'000);
      CHECK(found >= wanted * step);
      CHECK(static_cast<double>(found) <= static_cast<double>(wanted * step) * 1.004);
    }
  }
}

TEST_CASE("two histograms added are one of all") {
  Latencies all;
  Latencies one;
  Latencies other;
  Random random(1);
  for (int i = 0; i < 10'000; ++i) {
    const uint64_t ns = random.next() >> (20 + random.below(40));
    all.record(ns);
    (i % 3 == 0 ? one : other).record(ns);
  }
  one.add(other);
  CHECK(one.count() == all.count());
  CHECK(one.max_ns() == all.max_ns());
  CHECK(one.mean_ns() == all.mean_ns());
  for (const double q : {.1, .5, .9, .99, .999}) CHECK(one.quantile(q) == all.quantile(q));
}

}  // namespace slotway::load
