#include "wire/real_text.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <random>
#include <string>

namespace slotway::wire {

namespace {

void check(double value) {
  char expected[64];
  std::snprintf(expected, sizeof expected, "%.17g", value);
  REQUIRE(std::string(RealText(value).view()) == expected);
}

}  // namespace

TEST_CASE("a double has the digits that printf gives it") {
  using Limits = std::numeric_limits<double>;
  for (const double value : {0.0,
                             -0.0,
                             1.0,
                             -1.0,
                             0.1,
                             1e15,
                             -1e15,
                             999999999999999.0,
                             1e16,
                             1e17,
                             123456789012345678.0,
                             1e-4,
                             1e-5,
                             0.00012345,
                             Limits::max(),
                             Limits::lowest(),
                             Limits::min(),
                             Limits::denorm_min(),
                             1.0 / 3,
                             2.5,
                             1e22,
                             1e23,
                             9007199254740993.0}) {
    check(value);
  }
  std::mt19937_64 random(1);
  for (int i = 0; i < 200'000; ++i) {
    const uint64_t bits = random();
    double value;
    std::memcpy(&value, &bits, sizeof value);
    if (std::isfinite(value)) check(value);
    check(static_cast<double>(static_cast<int64_t>(bits)));
    check(static_cast<double>(bits % 2'000'000) / 1000);
  }
}

TEST_CASE("what is no number has a name") {
  using Limits = std::numeric_limits<double>;
  CHECK(RealText(Limits::infinity()).view() == "inf");
  CHECK(RealText(-Limits::infinity()).view() == "-inf");
  CHECK(RealText(Limits::quiet_NaN()).view() == "nan");
  CHECK(RealText(-Limits::quiet_NaN()).view() == "nan");
}

}  // namespace slotway::wire
