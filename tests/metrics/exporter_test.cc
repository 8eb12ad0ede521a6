#include "metrics/exporter.h"

#include <doctest/doctest.h>
#include <prometheus/text_serializer.h>
#include <sys/wait.h>

#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "tests/metrics/fake_commands.h"

using namespace slotway::metrics;
using slotway::metrics::testing::fake_commands;

namespace {

std::string text_of(const Registry& registry) {
  const Exporter exporter(registry, "1.2.3", fake_commands());
  return prometheus::TextSerializer().Serialize(exporter.Collect());
}

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

struct Verdict {
  int status;
  std::string said;
};

// Runs promtool on `text`; gives its exit status and what it said.
Verdict promtool(const std::string& text) {
  char path[] = "/tmp/slotway-metrics-XXXXXX";
  const int fd = mkstemp(path);
  REQUIRE(fd >= 0);
  std::FILE* file = fdopen(fd, "w");
  std::fwrite(text.data(), 1, text.size(), file);
  std::fclose(file);
  const std::string command = std::string("promtool check metrics --extended <") + path + " 2>&1";
  std::FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string said;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) said += static_cast<char>(c);
  const int status = pclose(pipe);
  std::remove(path);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, said};
}

void fill(Registry& registry) {
  WorkerMetrics& worker = registry.add_worker();
  worker.record(0, false, 60'000);
  worker.record(0, true, 40'000'000);
  worker.record(1, false, 20'000'000'000);
  worker.clients.opened();
  worker.clients.opened();
  worker.clients.closed_by(CloseReason::kStalled);
  worker.clients.bytes_in.add(100);
  worker.clients.bytes_out.add(200);
  worker.clients.unknown_commands.add();
  ShardMetrics& shard = worker.shard("main", "a");
  shard.record(90'000, 1);
  shard.timeouts.add();
  shard.reconnects.add(3);
  shard.bytes_sent.add(7);
  shard.bytes_received.add(8);
  shard.writes.add(9);
  shard.reads.add(10);
  shard.connections.add();
  shard.breakers_open.set(1);
  shard.replica_connections.add(2);
  shard.replica_reads.add(4);
  shard.in_flight.add(5);
  registry.count_reload(false);
}

}  // namespace

TEST_CASE("promtool finds nothing, in a fresh registry and in a used one") {
  Registry registry(3);
  const Verdict fresh = promtool(text_of(registry));
  CHECK_MESSAGE(fresh.status == 0, fresh.said);
  fill(registry);
  const Verdict verdict = promtool(text_of(registry));
  CHECK_MESSAGE(verdict.status == 0, verdict.said);
  CHECK(verdict.said.find("slotway_request_duration_seconds") !=
        std::string::npos);  // it did read them
}

TEST_CASE("promtool does find what is wrong") {
  const Verdict verdict = promtool("# TYPE bad_ms gauge\nbad_ms 1\n");
  CHECK(verdict.status != 0);
  CHECK(verdict.said.find("bad_ms") != std::string::npos);
}

TEST_CASE("each count stands under its name") {
  Registry registry(3);
  fill(registry);
  const std::string text = text_of(registry);
  for (const char* line : {
           "slotway_requests_total{command=\"get\"} 2",
           "slotway_requests_total{command=\"config|get\"} 1",
           "slotway_request_errors_total{command=\"get\"} 1",
           "slotway_request_errors_total{command=\"config|get\"} 0",
           "slotway_client_connections 1",
           "slotway_client_connections_total 2",
           "slotway_client_connections_rejected_total 0",
           "slotway_client_disconnects_total{reason=\"stalled\"} 1",
           "slotway_client_disconnects_total{reason=\"eof\"} 0",
           "slotway_received_bytes_total{side=\"client\"} 100",
           "slotway_sent_bytes_total{side=\"client\"} 200",
           "slotway_received_bytes_total{side=\"shard\"} 8",
           "slotway_sent_bytes_total{side=\"shard\"} 7",
           "slotway_in_flight_requests 0",
           "slotway_protocol_errors_total 0",
           "slotway_unknown_commands_total 1",
           "slotway_shard_requests_total{pool=\"main\",shard=\"a\"} 1",
           "slotway_shard_errors_total{pool=\"main\",shard=\"a\"} 0",
           "slotway_shard_timeouts_total{pool=\"main\",shard=\"a\"} 1",
           "slotway_shard_reconnects_total{pool=\"main\",shard=\"a\"} 3",
           "slotway_shard_writes_total{pool=\"main\",shard=\"a\"} 9",
           "slotway_shard_reads_total{pool=\"main\",shard=\"a\"} 10",
           "slotway_shard_connections{pool=\"main\",shard=\"a\"} 1",
           "slotway_shard_breakers_open{pool=\"main\",shard=\"a\"} 1",
           "slotway_shard_replica_connections{pool=\"main\",shard=\"a\"} 2",
           "slotway_shard_replica_requests_total{pool=\"main\",shard=\"a\"} 4",
           "slotway_shard_in_flight_requests{pool=\"main\",shard=\"a\"} 5",
           "slotway_config_reloads_total{result=\"applied\"} 0",
           "slotway_config_reloads_total{result=\"refused\"} 1",
           "slotway_build_info{version=\"1.2.3\"} 1",
       }) {
    CAPTURE(line);
    CHECK(has_line(text, line));
  }
  CHECK(text.find("process_resident_memory_bytes ") != std::string::npos);
  CHECK(text.find("process_start_time_seconds ") != std::string::npos);
}

TEST_CASE("of a shard that is served no more there are counts and no state") {
  Registry registry(3);
  fill(registry);
  registry.set_topology_source([] { return Topology{.shards = {{"main", "b", 16384}}}; });
  const std::string text = text_of(registry);
  CHECK(has_line(text, "slotway_shard_requests_total{pool=\"main\",shard=\"a\"} 1"));
  CHECK(has_line(text, "slotway_sent_bytes_total{side=\"shard\"} 7"));
  for (const char* gauge :
       {"connections", "breakers_open", "in_flight_requests", "replica_connections"}) {
    CAPTURE(gauge);
    CHECK(text.find(std::string("slotway_shard_") + gauge + "{") == std::string::npos);
  }
  CHECK(has_line(text, "slotway_shard_slots{pool=\"main\",shard=\"b\"} 16384"));
}

TEST_CASE("hot keys: their rates, how many requests are looked at, and how long it takes") {
  Registry registry(fake_commands().size());
  registry.add_worker().hot_keys.detection_delay.record(2'000'000);
  registry.add_worker().hot_keys.detection_delay.record(300'000'000);
  CHECK(text_of(registry).find("slotway_hot_key_requests_per_second{") == std::string::npos);
  registry.set_hot_key_source([] {
    return std::vector<HotKeyRates>{{"a", 4, {{"k\"\n", 12.5}}}, {"b", 1, {}}};
  });
  const std::string text = text_of(registry);
  CHECK(has_line(text, R"(slotway_hot_key_requests_per_second{pool="a",key="k\"\\x0a"} 12.5)"));
  CHECK(has_line(text, R"(slotway_hot_key_sampling_ratio{pool="a"} 0.25)"));
  CHECK(has_line(text, R"(slotway_hot_key_sampling_ratio{pool="b"} 1)"));
  CHECK(has_line(text, R"(slotway_hot_key_detection_delay_seconds_bucket{le="0.0025"} 1)"));
  CHECK(has_line(text, R"(slotway_hot_key_detection_delay_seconds_bucket{le="0.5"} 2)"));
  CHECK(has_line(text, "slotway_hot_key_detection_delay_seconds_sum 0.302"));
  const Verdict verdict = promtool(text);
  CAPTURE(verdict.said);
  CHECK(verdict.status == 0);
}

TEST_CASE("a command that nobody used is left out") {
  Registry registry(3);
  fill(registry);
  CHECK(text_of(registry).find("command=\"set\"") == std::string::npos);
}

TEST_CASE("histograms are cumulative, with the exact sum and an end at infinity") {
  Registry registry(3);
  fill(registry);
  const std::string text = text_of(registry);
  const std::string name = "slotway_request_duration_seconds";
  CHECK(has_line(text, name + "_bucket{command=\"get\",le=\"5e-05\"} 0"));
  CHECK(has_line(text, name + "_bucket{command=\"get\",le=\"0.0001\"} 1"));
  CHECK(has_line(text, name + "_bucket{command=\"get\",le=\"0.025\"} 1"));
  CHECK(has_line(text, name + "_bucket{command=\"get\",le=\"0.05\"} 2"));
  CHECK(has_line(text, name + "_bucket{command=\"get\",le=\"10\"} 2"));
  CHECK(has_line(text, name + "_bucket{command=\"get\",le=\"+Inf\"} 2"));
  CHECK(has_line(text, name + "_count{command=\"get\"} 2"));
  const std::string sum = name + "_sum{command=\"get\"} ";
  const size_t at = text.find(sum);
  REQUIRE(at != std::string::npos);
  CHECK(std::strtod(text.c_str() + at + sum.size(), nullptr) == doctest::Approx(0.04006));
  // 20 s lies above every bound.
  CHECK(has_line(text, name + "_bucket{command=\"config|get\",le=\"10\"} 0"));
  CHECK(has_line(text, name + "_bucket{command=\"config|get\",le=\"+Inf\"} 1"));
  CHECK(
      has_line(text, "slotway_shard_request_duration_seconds_count{pool=\"main\",shard=\"a\"} 1"));
}

TEST_CASE("a label value cannot break out of its quotes") {
  Registry registry(3);
  registry.add_worker().shard("po\"ol", "line\nbreak\\").requests.add();
  const std::string text = text_of(registry);
  CHECK(has_line(text,
                 "slotway_shard_requests_total{pool=\"po\\\"ol\",shard=\"line\\nbreak\\\\\"} 1"));
  const Verdict verdict = promtool(text);
  CHECK_MESSAGE(verdict.status == 0, verdict.said);
}

TEST_CASE("a gauge that is torn between two workers is never shown below zero") {
  Registry registry(3);
  registry.add_worker().clients.connections.sub();
  CHECK(has_line(text_of(registry), "slotway_client_connections 0"));
}

TEST_CASE("a scrape may run while a worker counts") {
  Registry registry(3);
  WorkerMetrics& worker = registry.add_worker();
  std::atomic<bool> stop{false};
  std::thread counting([&] {
    ShardMetrics& shard = worker.shard("main", "a");
    for (uint64_t i = 0; !stop.load(std::memory_order_relaxed); ++i) {
      worker.record(static_cast<uint16_t>(i % 3), false, i % 1'000'000);
      shard.record(i % 1'000'000, 1);
    }
  });
  while (registry.command(0).requests == 0) std::this_thread::yield();
  size_t consistent = 0;
  for (int i = 0; i < 50; ++i) {
    const Exporter exporter(registry, "1", fake_commands());
    bool good = true;
    for (const auto& family : exporter.Collect()) {
      if (family.type != prometheus::MetricType::Histogram) continue;
      for (const auto& metric : family.metric) {
        uint64_t before = 0;
        for (const auto& bucket : metric.histogram.bucket) {
          good = good && bucket.cumulative_count >= before;
          before = bucket.cumulative_count;
        }
        good = good && before == metric.histogram.sample_count;
      }
    }
    consistent += good;
  }
  stop = true;
  counting.join();
  CHECK(consistent == 50);
}
