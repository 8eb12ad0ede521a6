#include "metrics/registry.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

using namespace slotway::metrics;

TEST_CASE("sums go over all workers") {
  Registry registry(4);
  WorkerMetrics& one = registry.add_worker();
  WorkerMetrics& two = registry.add_worker();
  one.record(1, false, 1'000'000);
  two.record(1, true, 2'000'000);
  one.clients.opened();
  two.clients.opened();
  two.clients.closed_by(CloseReason::kKilled);
  two.clients.bytes_in.add(10);
  one.shard("main", "b").record(500'000, 1);
  two.shard("main", "b").record(700'000, 1);
  two.shard("main", "b").errors.add();
  one.stage(Stage::kShard).record(3'000, 2);
  two.stage(Stage::kShard).record(5'000);
  one.clients.errors[error_code_index("WRONGTYPE")].add();
  two.clients.errors[error_code_index("MYSCRIPT")].add(2);
  one.clients.depths.record(0);
  for (const uint64_t depth : {1, 2, 3, 512, 513, 100'000}) one.clients.depths.record(depth);
  two.shard("main", "a").connections.add(2);

  CHECK(registry.stage(Stage::kShard).count() == 3);
  CHECK(registry.stage(Stage::kShard).sum_ns() == 11'000);
  CHECK(registry.stage(Stage::kOrder).count() == 0);
  const ClientSum sum = registry.clients();
  CHECK(sum.errors[error_code_index("WRONGTYPE")] == 1);
  CHECK(sum.errors.back() == 2);
  CHECK(sum.reads_by_depth == std::array<uint64_t, 11>{1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 2});
  CHECK(sum.commands_read == 101'031);
  const CommandSum command = registry.command(1);
  CHECK(command.requests == 2);
  CHECK(command.errors == 1);
  CHECK(command.latency.count() == 2);
  CHECK(command.latency.sum_ns() == 3'000'000);
  CHECK(registry.command(0).requests == 0);

  const ClientSum clients = registry.clients();
  CHECK(clients.accepted == 2);
  CHECK(clients.connections == 1);
  CHECK(clients.bytes_in == 10);
  CHECK(clients.closed[static_cast<size_t>(CloseReason::kKilled)] == 1);

  const std::vector<ShardSum> shards = registry.shards();
  REQUIRE(shards.size() == 2);
  CHECK(shards[0].shard == "a");
  CHECK(shards[0].connections == 2);
  CHECK(shards[1].shard == "b");
  CHECK(shards[1].requests == 2);
  CHECK(shards[1].errors == 1);
  CHECK(shards[1].latency.count() == 2);
}

TEST_CASE("reloads are counted by what came of them") {
  Registry registry(1);
  registry.count_reload(true);
  registry.count_reload(false);
  registry.count_reload(true);
  CHECK(registry.reloads(true) == 2);
  CHECK(registry.reloads(false) == 1);
}

TEST_CASE("sums read while workers count never go back and end exact") {
  constexpr uint64_t kRequests = 200'000;
  Registry registry(16);
  std::atomic<int> running{2};
  std::vector<std::thread> workers;
  for (int w = 0; w < 2; ++w) {
    WorkerMetrics& cells = registry.add_worker();
    workers.emplace_back([&cells, &running, w] {
      for (uint64_t i = 0; i < kRequests; ++i) {
        cells.record(static_cast<uint16_t>(i % 16), i % 10 == 0, i * 100);
        if (i % 20'000 == 0) cells.shard("main", std::to_string(i + static_cast<uint64_t>(w)));
        cells.shard("main", "a").record(i, 1);
        cells.clients.in_flight.add();
        cells.clients.in_flight.sub();
      }
      running.fetch_sub(1);
    });
  }
  uint64_t seen = 0;
  bool monotonic = true;
  while (running.load() > 0) {
    const CommandSum sum = registry.command(5);
    monotonic = monotonic && sum.requests >= seen && sum.latency.count() <= kRequests;
    seen = sum.requests;
    monotonic = monotonic && registry.shards().size() <= 21;
  }
  for (std::thread& worker : workers) worker.join();
  CHECK(monotonic);
  uint64_t total = 0;
  uint64_t errors = 0;
  for (uint16_t id = 0; id < 16; ++id) {
    const CommandSum sum = registry.command(id);
    CHECK(sum.latency.count() == sum.requests);
    total += sum.requests;
    errors += sum.errors;
  }
  CHECK(total == 2 * kRequests);
  CHECK(errors == 2 * kRequests / 10);
  CHECK(registry.clients().in_flight == 0);
}
