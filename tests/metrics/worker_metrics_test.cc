#include "metrics/worker_metrics.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <set>
#include <string>

using namespace slotway::metrics;

TEST_CASE("a command's histogram is made when the command is first timed") {
  WorkerMetrics worker(8);
  CHECK(worker.command_count() == 8);
  CHECK(worker.command(3).latency.load() == nullptr);
  worker.record_untimed(3, true);
  CHECK(worker.command(3).latency.load() == nullptr);
  worker.record(3, false, 1'000'000);
  worker.record(3, true, 3'000'000);
  CHECK(worker.command(3).requests.value() == 3);
  CHECK(worker.command(3).errors.value() == 2);
  const Histogram* latency = worker.command(3).latency.load();
  REQUIRE(latency != nullptr);
  CHECK(latency->sum_ns() == 4'000'000);
  CHECK(worker.command(2).requests.value() == 0);
  CHECK(worker.command(4).latency.load() == nullptr);
}

TEST_CASE("cells of two owners never share a cache line") {
  CHECK(alignof(CommandMetrics) == 64);
  CHECK(alignof(ShardMetrics) == 64);
  CHECK(alignof(WorkerMetrics) == 64);
  CHECK(sizeof(WorkerMetrics) % 64 == 0);
  WorkerMetrics worker(2);
  CHECK(reinterpret_cast<uintptr_t>(&worker.command(0)) % 64 == 0);
  CHECK(reinterpret_cast<uintptr_t>(&worker.shard("p", "s")) % 64 == 0);
}

TEST_CASE("a shard's cells are found again by name and survive the making of others") {
  WorkerMetrics worker(1);
  ShardMetrics& first = worker.shard("main", "a");
  first.record(2'000'000, 1);
  first.errors.add();
  for (int i = 0; i < 100; ++i) worker.shard("main", "shard" + std::to_string(i));
  CHECK(&worker.shard("main", "a") == &first);
  CHECK(&worker.shard("other", "a") != &first);
  CHECK(worker.shard("main", "a").requests.value() == 1);
  CHECK(worker.shard("main", "a").errors.value() == 1);
  CHECK(worker.shards().size() == 102);
}

TEST_CASE("a client's connection is counted in and out by its reason") {
  WorkerMetrics worker(1);
  for (int i = 0; i < 3; ++i) worker.clients.opened();
  worker.clients.closed_by(CloseReason::kIdle);
  worker.clients.closed_by(CloseReason::kEof);
  CHECK(worker.clients.accepted.value() == 3);
  CHECK(worker.clients.connections.value() == 1);
  CHECK(worker.clients.closed[static_cast<size_t>(CloseReason::kIdle)].value() == 1);
  CHECK(worker.clients.closed[static_cast<size_t>(CloseReason::kDrain)].value() == 0);
}

TEST_CASE("each reason has a name of its own") {
  std::set<std::string_view> names;
  for (size_t i = 0; i < kCloseReasonCount; ++i) {
    names.insert(name_of(static_cast<CloseReason>(i)));
  }
  CHECK(names.size() == kCloseReasonCount);
  CHECK(names.count("unknown") == 0);
  CHECK(name_of(CloseReason::kOutputLimit) == "output_limit");
}
