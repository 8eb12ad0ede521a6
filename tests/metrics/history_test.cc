#include "metrics/history.h"

#include <doctest/doctest.h>

namespace slotway::metrics {

namespace {

constexpr uint64_t kSecond = 1'000'000'000;

}  // namespace

TEST_CASE("each interval has its own rates and percentiles") {
  Registry registry(3);
  WorkerMetrics& worker = registry.add_worker();
  History history(registry);
  worker.record(0, false, 50'000'000);  // before anybody looked
  history.sample(1 * kSecond, 1000);
  CHECK(history.newest(10).empty());
  for (int i = 0; i < 200; ++i) worker.record(0, false, 1'000'000);
  worker.clients.errors[0].add(4);
  worker.clients.bytes_in.add(1000);
  worker.clients.bytes_out.add(3000);
  worker.clients.opened();
  worker.hot_keys.counts[static_cast<size_t>(HotKeyCount::kHits)].add(50);
  history.sample(3 * kSecond, 3000);
  history.sample(4 * kSecond, 4000);
  const auto samples = history.newest(10);
  REQUIRE(samples.size() == 2);
  CHECK(samples[0].unix_ms == 3000);
  CHECK(samples[0].requests == 100);
  CHECK(samples[0].errors == 2);
  CHECK(samples[0].bytes_in == 500);
  CHECK(samples[0].bytes_out == 1500);
  CHECK(samples[0].cache_hits == 25);
  CHECK(samples[0].connections == 1);
  CHECK(samples[0].p999_ns == doctest::Approx(1e6).epsilon(0.04));
  CHECK(samples[1].requests == 0);
  CHECK(samples[1].p99_ns == 0);
  CHECK(samples[1].connections == 1);
  CHECK(history.newest(1).front().unix_ms == 4000);
}

TEST_CASE("only so many intervals are kept") {
  Registry registry(1);
  History history(registry);
  for (uint64_t i = 1; i <= History::kSamples + 10; ++i) {
    history.sample(i * kSecond, static_cast<int64_t>(i));
  }
  const auto samples = history.newest(SIZE_MAX);
  REQUIRE(samples.size() == History::kSamples);
  CHECK(samples.front().unix_ms == 11);
  CHECK(samples.back().unix_ms == History::kSamples + 10);
}

TEST_CASE("shards: their rates, and how uneven they are over ten intervals") {
  Registry registry(1);
  WorkerMetrics& worker = registry.add_worker();
  ShardMetrics& a = worker.shard("main", "a");
  ShardMetrics& b = worker.shard("main", "b");
  worker.shard("other", "a");
  History history(registry);
  history.sample(1 * kSecond, 1);
  a.record(2'000'000, 90);
  a.errors.add(3);
  b.record(8'000'000, 30);
  b.bytes_sent.add(10);
  b.bytes_received.add(20);
  history.sample(2 * kSecond, 2);
  const auto shards = history.shards();
  CHECK(shards.at({"main", "a"}).requests == 90);
  CHECK(shards.at({"main", "a"}).errors == 3);
  CHECK(shards.at({"main", "a"}).p99_ns == doctest::Approx(2e6).epsilon(0.04));
  CHECK(shards.at({"main", "b"}).bytes == 30);
  CHECK(history.skew().at("main").requests == 1.5);
  CHECK(history.skew().at("main").bytes == 2);
  CHECK(history.skew().at("other").requests == 1);
  for (uint64_t i = 3; i < 3 + History::kSkewIntervals; ++i) history.sample(i * kSecond, 3);
  CHECK(history.skew().at("main").requests == 1);  // it has been quiet since
  CHECK(history.shards().at({"main", "a"}).requests == 0);
}

TEST_CASE("slots: the counts of all workers") {
  Registry registry(1);
  WorkerMetrics& one = registry.add_worker();
  WorkerMetrics& two = registry.add_worker();
  one.slots("main").add(0);
  one.slots("main").add(16383);
  two.slots("main").add(16383);
  two.slots("other").add(5);
  const auto sums = registry.slots("main");
  REQUIRE(sums.size() == 16384);
  CHECK(sums[0] == 1);
  CHECK(sums[16383] == 2);
  CHECK(sums[5] == 0);
  CHECK(registry.slots("nosuch") == std::vector<uint64_t>(16384));
}

}  // namespace slotway::metrics
