#include "proxy/monitors.h"

#include <doctest/doctest.h>

namespace slotway::proxy {

namespace {

// How many of so many commands of one second are shown.
uint64_t shown_of(MonitorSample& sample, uint64_t commands, uint64_t now_ms) {
  uint64_t shown = 0;
  for (uint64_t i = 0; i < commands; ++i) {
    shown += sample.takes_next(now_ms);
    sample.count_next();
  }
  return shown;
}

}  // namespace

TEST_CASE("what is asked of the sample and not carried out does not count") {
  MonitorSample sample;
  for (uint64_t i = 0; i < 3 * MonitorSample::kMostPerSecond; ++i) CHECK(sample.takes_next(1000));
  CHECK(shown_of(sample, 100, 1000) == 100);
}

TEST_CASE("above the most of a second every nth is shown, by the rate of the second before") {
  constexpr uint64_t kMost = MonitorSample::kMostPerSecond;
  MonitorSample sample;
  CHECK(shown_of(sample, 4 * kMost, 1000) == kMost);
  CHECK_FALSE(sample.takes_next(1999));
  CHECK(shown_of(sample, 5 * kMost, 2000) == kMost);
  CHECK(shown_of(sample, 12, 3000) == 2);
  CHECK(shown_of(sample, 12, 4000) == 12);
}

}  // namespace slotway::proxy
