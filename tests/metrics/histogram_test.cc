#include "metrics/histogram.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

using slotway::metrics::Histogram;
using slotway::metrics::HistogramRun;
using slotway::metrics::HistogramSnapshot;

namespace {

constexpr uint64_t kFirst = uint64_t{1} << Histogram::kFirstOctave;
constexpr uint64_t kEnd = uint64_t{1} << Histogram::kLastOctave;

double relative_error(uint64_t value) {
  const uint64_t shown = Histogram::representative(Histogram::bucket_of(value));
  return std::abs(static_cast<double>(shown) - static_cast<double>(value)) /
         static_cast<double>(value);
}

HistogramSnapshot snapshot(const Histogram& histogram) {
  HistogramSnapshot result;
  result.merge(histogram);
  return result;
}

}  // namespace

TEST_CASE("buckets follow each other without gap or overlap") {
  CHECK(Histogram::bucket_of(0) == 0);
  CHECK(Histogram::bucket_of(kFirst - 1) == 0);
  CHECK(Histogram::bucket_of(kFirst) == 1);
  for (size_t i = 1; i < Histogram::kBuckets; ++i) {
    const uint64_t lower = Histogram::lower_bound(i);
    REQUIRE(Histogram::bucket_of(lower) == i);
    REQUIRE(Histogram::bucket_of(lower - 1) == i - 1);
  }
  CHECK(Histogram::bucket_of(kEnd - 1) == Histogram::kBuckets - 2);
  CHECK(Histogram::bucket_of(kEnd) == Histogram::kBuckets - 1);
  CHECK(Histogram::bucket_of(UINT64_MAX) == Histogram::kBuckets - 1);
}

TEST_CASE("a value is at most 1/32 from what its bucket shows, over the whole range") {
  double worst = 0;
  for (size_t i = 1; i + 1 < Histogram::kBuckets; ++i) {
    // The error is greatest at the edges of a bucket.
    worst = std::max(worst, relative_error(Histogram::lower_bound(i)));
    worst = std::max(worst, relative_error(Histogram::lower_bound(i + 1) - 1));
  }
  std::mt19937_64 random(1);
  for (int i = 0; i < 100'000; ++i) {
    const double exponent = std::uniform_real_distribution<double>(10.0, 35.999)(random);
    worst = std::max(worst, relative_error(static_cast<uint64_t>(std::exp2(exponent))));
  }
  CHECK(worst <= 1.0 / 32);
  CHECK(worst > 0.02);  // the sweep did reach the edges
}

TEST_CASE("a run counts each of its values") {
  Histogram histogram;
  const std::vector<uint64_t> values = {0, 0, 5'000, 5'000, 5'000, 0, 70'000};
  {
    HistogramRun run(histogram);
    for (const uint64_t ns : values) run.record(ns);
    CHECK(snapshot(histogram).count() == 6);  // all but the last run
  }
  const HistogramSnapshot seen = snapshot(histogram);
  CHECK(seen.count() == values.size());
  CHECK(seen.sum_ns() == 85'000);
  CHECK(seen.count_up_to(1'000) == 3);
  CHECK(seen.count_up_to(10'000) == 6);
  CHECK_FALSE([] {
    Histogram untouched;
    { const HistogramRun run(untouched); }
    return snapshot(untouched).count();
  }());
}

TEST_CASE("count and sum are exact, values out of range included") {
  Histogram histogram;
  histogram.record(0);
  histogram.record(50'000);
  histogram.record(kEnd * 2);
  const HistogramSnapshot seen = snapshot(histogram);
  CHECK(seen.count() == 3);
  CHECK(seen.sum_ns() == 50'000 + kEnd * 2);
  CHECK(seen.count_up_to(10'000'000'000) == 2);
  CHECK(seen.quantile(0) < kFirst);
  CHECK(seen.quantile(1) == kEnd);
}

TEST_CASE("an empty histogram has no quantile and no count") {
  const HistogramSnapshot empty;
  CHECK(empty.count() == 0);
  CHECK(empty.quantile(0.5) == 0);
  CHECK(empty.count_up_to(UINT64_MAX) == 0);
}

TEST_CASE("quantiles are those of the values, within the error of a bucket") {
  Histogram histogram;
  std::vector<uint64_t> values;
  std::mt19937_64 random(2);
  std::lognormal_distribution<double> latency(std::log(200'000.0), 1.0);
  for (int i = 0; i < 50'000; ++i) {
    values.push_back(static_cast<uint64_t>(latency(random)));
    histogram.record(values.back());
  }
  std::sort(values.begin(), values.end());
  const HistogramSnapshot seen = snapshot(histogram);
  for (const double q : {0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    CAPTURE(q);
    const auto rank = static_cast<size_t>(std::ceil(q * static_cast<double>(values.size())));
    const auto exact = static_cast<double>(values[rank - 1]);
    CHECK(std::abs(static_cast<double>(seen.quantile(q)) - exact) <= exact / 32);
  }
}

TEST_CASE("counts up to a bound grow with the bound and are right within 3.2 % of it") {
  Histogram histogram;
  for (uint64_t us = 1; us <= 10'000; ++us) histogram.record(us * 1'000 + 24);
  const HistogramSnapshot seen = snapshot(histogram);
  uint64_t before = 0;
  for (const uint64_t bound : {50'000u, 100'000u, 1'000'000u, 2'500'000u, 10'000'000u}) {
    const uint64_t counted = seen.count_up_to(bound);
    const auto expected = static_cast<double>(bound) / 1'000;
    CHECK(counted > before);
    CHECK(static_cast<double>(counted) == doctest::Approx(expected).epsilon(0.032));
    before = counted;
  }
}

TEST_CASE("a merge of two histograms is the histogram of all values") {
  Histogram left, right, all;
  std::mt19937_64 random(3);
  for (int i = 0; i < 10'000; ++i) {
    const uint64_t value = random() >> (24 + i % 30);
    (i % 3 == 0 ? left : right).record(value);
    all.record(value);
  }
  HistogramSnapshot merged = snapshot(left);
  merged.merge(snapshot(right));
  const HistogramSnapshot expected = snapshot(all);
  CHECK(merged.count() == expected.count());
  CHECK(merged.sum_ns() == expected.sum_ns());
  for (double q = 0; q <= 1; q += 0.01) REQUIRE(merged.quantile(q) == expected.quantile(q));
}
