#include "proxy/wait_settings.h"

#include <doctest/doctest.h>
#include <uv.h>

namespace slotway::proxy {

namespace {

using Name = WaitSettings::Name;
constexpr uint64_t kLongest = uint64_t{1} << 62;

}  // namespace

TEST_CASE("nothing is long at first") {
  const WaitSettings settings;
  CHECK_FALSE(settings.is_slow(kLongest));
  CHECK_FALSE(settings.is_spike(kLongest));
  CHECK_FALSE(settings.is_big(kLongest));
  CHECK_FALSE(settings.remembers_requests());
}

TEST_CASE("what is slow") {
  WaitSettings settings;
  const auto is_slow = [&](int64_t slower_than, uint64_t ns) {
    settings.set(Name::kSlowLogSlowerThan, slower_than);
    CHECK_FALSE(settings.is_spike(ns));
    return settings.is_slow(ns);
  };
  CHECK(is_slow(0, 0));
  CHECK(is_slow(7, 7000));
  CHECK_FALSE(is_slow(7, 6999));
  for (const int64_t never : {int64_t{-1}, INT64_MAX, int64_t{1} << 61, (int64_t{1} << 61) + 1}) {
    CAPTURE(never);
    CHECK_FALSE(is_slow(never, 0));
    CHECK_FALSE(is_slow(never, kLongest));
  }
}

TEST_CASE("what is a spike") {
  WaitSettings settings;
  const auto is_spike = [&](int64_t threshold, uint64_t ns) {
    settings.set(Name::kLatencyMonitorThreshold, threshold);
    CHECK_FALSE(settings.is_slow(ns));
    return settings.is_spike(ns);
  };
  CHECK(is_spike(7, 7'000'000));
  CHECK_FALSE(is_spike(7, 6'999'999));
  for (const int64_t never : {int64_t{0}, INT64_MAX, int64_t{1} << 58}) {
    CAPTURE(never);
    CHECK_FALSE(is_spike(never, 0));
    CHECK_FALSE(is_spike(never, kLongest));
  }
}

TEST_CASE("what is slow or a spike") {
  WaitSettings settings;
  CHECK_FALSE(settings.is_slow_or_spike(kLongest));
  settings.set(Name::kSlowLogSlowerThan, 7000);
  CHECK_FALSE(settings.is_slow_or_spike(6'999'999));
  CHECK(settings.is_slow_or_spike(7'000'000));
  settings.set(Name::kLatencyMonitorThreshold, 3);
  CHECK(settings.is_slow_or_spike(3'000'000));
  settings.set(Name::kSlowLogSlowerThan, -1);
  CHECK_FALSE(settings.is_slow_or_spike(2'999'999));
  CHECK(settings.is_slow_or_spike(3'000'000));
}

TEST_CASE("requests are remembered from when the slow log was turned on") {
  WaitSettings settings;
  CHECK_FALSE(settings.has_remembered(uv_hrtime()));
  const uint64_t before = uv_hrtime();
  settings.set(Name::kSlowLogSlowerThan, 10);
  const uint64_t after = uv_hrtime();
  CHECK_FALSE(settings.has_remembered(before - 1));
  CHECK(settings.has_remembered(after));
  settings.set(Name::kSlowLogSlowerThan, 0);
  CHECK(settings.has_remembered(after));
  settings.set(Name::kSlowLogSlowerThan, -1);
  CHECK_FALSE(settings.has_remembered(uv_hrtime()));
  settings.set(Name::kSlowLogSlowerThan, 0);
  CHECK_FALSE(settings.has_remembered(after));
  CHECK(settings.has_remembered(uv_hrtime()));
}

TEST_CASE("the file decides, and CONFIG SET after it") {
  WaitSettings settings;
  config::Observe observe;
  observe.slow_threshold = std::chrono::milliseconds(3);
  observe.slow_entries = 5;
  observe.big_threshold = 2000;
  observe.big_entries = 6;
  observe.trace_one_in = 7;
  settings.follow(observe);
  CHECK(settings.is_slow(3'000'000));
  CHECK_FALSE(settings.is_slow(2'999'999));
  CHECK(settings.slow_log_length() == 5);
  CHECK(settings.is_big(2000));
  CHECK_FALSE(settings.is_big(1999));
  CHECK(settings.most_big_keys() == 6);
  CHECK(settings.trace_one_in() == 7);
  CHECK(settings.remembers_requests());
  settings.set(Name::kSlowLogSlowerThan, 1500);
  CHECK(settings.is_slow(1'500'000));
  settings.set(Name::kSlowLogMaxLength, 9);
  config::Observe shown = observe;
  settings.show_in(shown);
  CHECK(shown.slow_threshold == std::chrono::microseconds(1500));
  CHECK(shown.slow_entries == 9);
  CHECK(shown.big_threshold == 2000);
  settings.set(Name::kSlowLogSlowerThan, -1);
  settings.show_in(shown);
  CHECK_FALSE(shown.slow_threshold);
  settings.set(Name::kSlowLogSlowerThan, 1500);
  observe = {.latency = false, .slow_threshold = std::nullopt, .big_threshold = std::nullopt};
  settings.follow(observe);
  CHECK_FALSE(settings.remembers_requests());
  CHECK_FALSE(settings.is_slow(kLongest));
  CHECK_FALSE(settings.is_big(kLongest));
}

}  // namespace slotway::proxy
