// What counting one request costs: nanoseconds for the cells of its command, of its shard, and
// both; and what a scrape costs. Usage: slotway_metrics_bench [million requests]
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "metrics/exporter.h"
#include "metrics/registry.h"
#include "metrics/worker_metrics.h"

using namespace slotway::metrics;

namespace {

// Latencies as a busy proxy sees them, spread over a few octaves and not predictable.
std::vector<uint64_t> latencies() {
  std::vector<uint64_t> values(4096);
  uint64_t state = 88172645463325252u;
  for (uint64_t& value : values) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    value = 40'000 + (state >> (48 - state % 4));
  }
  return values;
}

template <typename Work>
void measure(const char* what, uint64_t rounds, Work work) {
  const auto start = std::chrono::steady_clock::now();
  for (uint64_t i = 0; i < rounds; ++i) work(i);
  const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
  std::printf("%-16s %6.2f ns a request\n", what, spent.count() / static_cast<double>(rounds));
}

// Of four workers, 64 shards and 100 commands in use: from the cells to the text.
void measure_scrape() {
  Registry registry;
  constexpr uint64_t kRequests = 100'000;
  for (int w = 0; w < 4; ++w) {
    WorkerMetrics& worker = registry.add_worker();
    for (uint64_t i = 0; i < kRequests; ++i) {
      const uint64_t ns = 40'000 + i * 7919 % 3'000'000;
      worker.record(static_cast<uint16_t>(i % 100), false, ns);
      worker.shard("main", "shard-" + std::to_string(i % 64)).record(ns, 1);
      for (Histogram& stage : worker.stages) stage.record(ns / 5);
    }
  }
  const Exporter exporter(registry, "bench");
  std::vector<double> took;
  size_t bytes = 0;
  for (int i = 0; i < 21; ++i) {
    const auto start = std::chrono::steady_clock::now();
    bytes = prometheus::TextSerializer().Serialize(exporter.Collect()).size();
    const std::chrono::duration<double, std::milli> spent =
        std::chrono::steady_clock::now() - start;
    took.push_back(spent.count());
  }
  std::sort(took.begin(), took.end());
  std::printf("scrape           %6.2f ms, %zu KiB, 64 shards, 100 commands, 4 workers\n",
              took[took.size() / 2], bytes / 1024);
}

}  // namespace

int main(int argc, char** argv) {
  const uint64_t rounds = (argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 50) * 1'000'000;
  const std::vector<uint64_t> values = latencies();
  const auto value = [&](uint64_t i) { return values[i & 4095]; };
  constexpr uint64_t kCommands = 8;  // in use at once
  WorkerMetrics worker(400);
  std::vector<ShardMetrics*> shards;
  for (int i = 0; i < 4; ++i) shards.push_back(&worker.shard("main", std::to_string(i)));

  const auto command = [&](uint64_t i) {
    const uint64_t ns = value(i);
    worker.record(static_cast<uint16_t>(ns % kCommands), (ns & 63) == 0, ns);
  };
  const auto shard = [&](uint64_t i) {
    const uint64_t ns = value(i);
    shards[(ns >> 4) & 3]->record(ns, 1);
  };
  measure("command", rounds, command);
  measure("shard", rounds, shard);
  measure("command + shard", rounds, [&](uint64_t i) {
    command(i);
    shard(i);
  });
  measure_scrape();
  // Read the sums, so that no store is without a reader.
  HistogramSnapshot seen;
  for (const ShardMetrics* cells : worker.shards()) seen.merge(cells->latency);
  std::printf("%llu counted\n", static_cast<unsigned long long>(seen.count()));
  return seen.count() == 2 * rounds ? 0 : 1;
}
