#include "proxy/hotkeys/reports.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace slotway::proxy {

namespace {

using Clock = std::chrono::steady_clock;
using hotkeys::HotKey;
using hotkeys::Snapshot;

Snapshot snapshot(uint64_t at, size_t keys, uint8_t hot = 1) {
  Snapshot it;
  it.at = at;
  it.requests = 100;
  for (size_t i = 0; i < keys; ++i) {
    HotKey key;
    key.key = std::string(200, 'k') + std::to_string(i);
    key.hash = i;
    key.heat = static_cast<double>(i);
    key.hot = hot;
    it.keys.push_back(std::move(key));
  }
  return it;
}

}  // namespace

TEST_CASE("reports: the sum is of what each worker has published last") {
  Reports reports;
  CHECK(reports.sum(10).at == 0);
  reports.publish(2, snapshot(5, 1));
  reports.publish(0, snapshot(6, 1));
  reports.publish(2, snapshot(7, 1));
  const Snapshot sum = reports.sum(10);
  CHECK(sum.at == 7);
  CHECK(sum.requests == 200);
  REQUIRE(sum.keys.size() == 1);
  CHECK(sum.keys[0].hot_since == 5);
  reports.publish(0, snapshot(8, 0));
  reports.publish(2, snapshot(9, 1, 0));
  CHECK(reports.sum(10).keys[0].hot_since == 0);
}

TEST_CASE("reports: a worker that publishes does not wait for those who sum") {
  Reports reports;
  for (size_t worker = 1; worker <= 4; ++worker) reports.publish(worker, snapshot(1, 50'000));
  std::atomic<bool> ends{false};
  std::atomic<int> sums{0};
  Clock::duration summing{};
  std::thread scraper([&] {
    const auto begin = Clock::now();
    while (!ends) {
      reports.sum(SIZE_MAX);
      ++sums;
    }
    summing = Clock::now() - begin;
  });
  while (sums == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  constexpr int kTimes = 20;
  Clock::duration publishing{};
  for (int i = 0; i < kTimes; ++i) {
    const auto begin = Clock::now();
    reports.publish(0, snapshot(2, 0));
    publishing += Clock::now() - begin;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ends = true;
  scraper.join();
  CHECK(publishing / kTimes < summing / sums.load() / 8);
}

}  // namespace slotway::proxy
