#include "proxy/latency_events.h"

#include <doctest/doctest.h>

#include <ctime>

namespace slotway::proxy {

using Samples = std::vector<LatencySeries::Sample>;

TEST_CASE("of each second the largest sample is kept") {
  LatencySeries series;
  CHECK(series.empty());
  series.add({100, 20});
  series.add({100, 30});
  series.add({100, 10});
  series.add({103, 25});
  CHECK(series.samples() == Samples{{100, 30}, {103, 25}});
  CHECK(series.all_time_high() == 30);
}

TEST_CASE("samples of another worker find their places") {
  LatencySeries series;
  for (const int64_t second : {100, 102, 104}) series.add({second, 20});
  series.add({103, 30});
  series.add({102, 40});
  series.add({99, 10});
  series.raise_all_time_high(35);
  CHECK(series.samples() == Samples{{99, 10}, {100, 20}, {102, 40}, {103, 30}, {104, 20}});
  CHECK(series.all_time_high() == 40);
  series.raise_all_time_high(50);
  CHECK(series.all_time_high() == 50);
}

TEST_CASE("the newest samples are kept, and the largest ever is known") {
  LatencySeries series;
  series.add({1, 1000});
  for (int64_t i = 0; i < 200; ++i) series.add({100 + i, 20 + i});
  REQUIRE(series.samples().size() == LatencySeries::kMostSamples);
  CHECK(series.samples().front() == LatencySeries::Sample{140, 60});
  CHECK(series.samples().back() == LatencySeries::Sample{299, 219});
  CHECK(series.all_time_high() == 1000);
  series.add({2, 5});  // older than all that are kept
  CHECK(series.samples().front() == LatencySeries::Sample{140, 60});
}

TEST_CASE("an event is of now and in milliseconds") {
  LatencyEvents events;
  const int64_t before = std::time(nullptr);
  events.add(LatencyEvent::kFastCommand, 12'999'999);
  const LatencySeries& series = events.series[1];
  REQUIRE(series.samples().size() == 1);
  CHECK(series.samples()[0].milliseconds == 12);
  CHECK(series.samples()[0].unix_seconds >= before);
  CHECK(series.samples()[0].unix_seconds <= std::time(nullptr));
  CHECK(events.series[0].empty());
  CHECK(kLatencyEventNames[1] == "fast-command");
}

}  // namespace slotway::proxy
