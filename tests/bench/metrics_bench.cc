// What counting one request costs: nanoseconds for the cells of its command, of its shard, and
// both; what a scrape costs, and how long a worker is kept from counting by it. Usage:
// slotway_metrics_bench [million requests]
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <thread>
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

// A worker with 64 shards and 100 commands.
class BusyWorker {
 public:
  explicit BusyWorker(Registry& registry) : metrics_(registry.add_worker()) {
    for (int i = 0; i < 64; ++i) {
      shards_.push_back(&metrics_.shard("main", "shard-" + std::to_string(i)));
    }
    count(100'000);
  }

  void count(uint64_t requests) {
    for (const uint64_t end = counted_ + requests; counted_ < end; ++counted_) {
      const uint64_t ns = 40'000 + counted_ * 7919 % 3'000'000;
      metrics_.record(static_cast<uint16_t>(counted_ % 100), false, ns);
      shards_[counted_ % 64]->record(ns, 1);
      for (Histogram& stage : metrics_.stages) stage.record(ns / 5);
    }
  }

 private:
  WorkerMetrics& metrics_;
  std::vector<ShardMetrics*> shards_;
  uint64_t counted_ = 0;
};

// Of this thread; what the kernel gives to others is not in it.
uint64_t cpu_ns() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

// The longest that the worker needs for a hundred requests, in microseconds of CPU time.
double longest_us(BusyWorker& worker) {
  uint64_t longest = 0;
  uint64_t before = cpu_ns();
  for (int i = 0; i < 500'000; ++i) {
    worker.count(100);
    const uint64_t after = cpu_ns();
    longest = std::max(longest, after - before);
    before = after;
  }
  return static_cast<double>(longest) / 1000;
}

// Of four workers, 64 shards and 100 commands in use: from the cells to the text.
void measure_scrape() {
  Registry registry;
  std::vector<BusyWorker> workers;
  for (int i = 0; i < 4; ++i) workers.emplace_back(registry);
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

  const double alone = longest_us(workers[0]);
  uint64_t scrapes = 0;
  double scraped = 0;
  {
    const std::jthread scraper([&](const std::stop_token& stop) {
      for (; !stop.stop_requested(); ++scrapes) exporter.Collect();
    });
    scraped = longest_us(workers[0]);
  }
  std::printf("100 requests     %6.1f us at the longest, %.1f us while scrapes read it (%llu)\n",
              alone, scraped, static_cast<unsigned long long>(scrapes));
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
