#include "metrics/exporter.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "metrics/metric_family.h"

namespace slotway::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;

// The upper bounds of the exported buckets, in nanoseconds: 50 us to 10 s.
constexpr std::array<uint64_t, 17> kBoundsNs = {
    50'000,      100'000,       250'000,       500'000,       1'000'000,     2'500'000,
    5'000'000,   10'000'000,    25'000'000,    50'000'000,    100'000'000,   250'000'000,
    500'000'000, 1'000'000'000, 2'500'000'000, 5'000'000'000, 10'000'000'000};

// Those of stages, of which most take less.
constexpr std::array<uint64_t, 14> kStageBoundsNs = {
    1'000,   2'500,   5'000,     10'000,     25'000,      50'000,        100'000,
    250'000, 500'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000, 10'000'000'000};

double seconds(uint64_t ns) { return static_cast<double>(ns) / 1e9; }

void add_histogram(MetricFamily& family, Labels labels, const HistogramSnapshot& latency,
                   std::span<const uint64_t> bounds = kBoundsNs) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.histogram.sample_count = latency.count();
  metric.histogram.sample_sum = seconds(latency.sum_ns());
  metric.histogram.bucket.reserve(bounds.size() + 1);
  for (const uint64_t bound : bounds) {
    metric.histogram.bucket.push_back({latency.count_up_to(bound), seconds(bound)});
  }
  metric.histogram.bucket.push_back({latency.count(), std::numeric_limits<double>::infinity()});
  family.metric.push_back(std::move(metric));
}

template <typename... Family>
void append(std::vector<MetricFamily>& families, Family&&... family) {
  (families.push_back(std::forward<Family>(family)), ...);
}

}  // namespace

Exporter::Exporter(const Registry& registry, std::string version,
                   std::span<const wire::Command> commands, const History* history)
    : registry_(registry), history_(history), version_(std::move(version)), commands_(commands) {}

std::vector<MetricFamily> Exporter::Collect() const {
  Families families;
  collect_clients(families);
  collect_commands(families);
  collect_shards(families);
  collect_hot_keys(families);
  collect_process(families);
  return families;
}

void Exporter::collect_clients(Families& families) const {
  const ClientSum sum = registry_.clients();
  const auto counter = [&](const char* name, const char* help, uint64_t value) {
    add_counter(families.emplace_back(counter_family(name, help)), {}, value);
  };
  const auto gauge = [&](const char* name, const char* help, int64_t value) {
    add_gauge(families.emplace_back(gauge_family(name, help)), {}, value);
  };
  gauge("slotway_client_connections", "Client connections that are open.", sum.connections);
  counter("slotway_client_connections_total", "Client connections accepted.", sum.accepted);
  counter("slotway_client_connections_rejected_total", "Client connections turned away at once.",
          sum.rejected);
  gauge("slotway_in_flight_requests", "Requests of clients that are not answered yet.",
        sum.in_flight);
  counter("slotway_protocol_errors_total", "Clients that sent bytes which are not RESP.",
          sum.protocol_errors);
  counter("slotway_unknown_commands_total", "Requests whose command is not known.",
          sum.unknown_commands);

  counter("slotway_slow_requests_total", "Requests that took longer than the slow log's threshold.",
          sum.slow_requests);
  MetricFamily big = counter_family("slotway_big_keys_total",
                                    "Requests and replies above the threshold of big keys.");
  add_counter(big, {{"direction", "request"}}, sum.big_requests);
  add_counter(big, {{"direction", "reply"}}, sum.big_replies);
  MetricFamily errors = counter_family(
      "slotway_errors_total",
      "Error replies to clients, by their code. Clients read ERR for four of them, too: timeout (a "
      "shard has not answered in time), unreachable (the request failed at once, for the shard was "
      "out of reach or its breaker open), connection_lost (while the request was on it) and syntax "
      "(no command, or not called like that).");
  for (size_t i = 0; i < kErrorCodes.size(); ++i) {
    add_counter(errors, {{"code", std::string(kErrorCodes[i])}}, sum.errors[i]);
  }
  MetricFamily depth =
      histogram_family("slotway_pipeline_depth", "Commands that came with one read from a client.");
  ClientMetric& depths = depth.metric.emplace_back();
  depths.histogram.sample_sum = static_cast<double>(sum.commands_read);
  for (size_t i = 0; i < PipelineDepths::kBuckets; ++i) {
    depths.histogram.sample_count += sum.reads_by_depth[i];
    const bool is_last = i + 1 == PipelineDepths::kBuckets;
    depths.histogram.bucket.push_back(
        {depths.histogram.sample_count,
         is_last ? std::numeric_limits<double>::infinity() : static_cast<double>(1u << i)});
  }
  append(families, std::move(big), std::move(errors), std::move(depth));

  MetricFamily closed = counter_family("slotway_client_disconnects_total",
                                       "Client connections that ended, by reason.");
  for (size_t i = 0; i < kCloseReasonCount; ++i) {
    const auto reason = std::string(name_of(static_cast<CloseReason>(i)));
    add_counter(closed, {{"reason", reason}}, sum.closed[i]);
  }
  families.push_back(std::move(closed));
}

void Exporter::collect_hot_keys(Families& families) const {
  const HotKeySum sum = registry_.hot_keys();
  std::string_view last;
  for (const HotKeyCountText& text : kHotKeyCounts) {
    if (text.name != last) {
      families.push_back(counter_family(text.name.data(), text.help.data()));
    }
    last = text.name;
    Labels labels;
    if (!text.reason.empty()) labels = {{"reason", std::string(text.reason)}};
    add_counter(families.back(), labels, sum.counts[static_cast<size_t>(text.count)]);
  }
  add_gauge(families.emplace_back(gauge_family("slotway_cache_keys", "Keys that are cached.")), {},
            sum.keys);
  add_gauge(families.emplace_back(
                gauge_family("slotway_cache_bytes", "Bytes of memory that cached replies take.")),
            {}, sum.bytes);
  add_histogram(
      families.emplace_back(histogram_family(
          "slotway_hot_key_detection_delay_seconds",
          "Time from when a key's rate rose to when it was found hot. It rose where the line "
          "through its heat when it was noticed first and when it was found hot comes from zero, "
          "at most 0.4 s before the first; keys noticed more than 1 s before are left out.")),
      {}, sum.detection_delay);
  const std::vector<HotKeyRates> pools = registry_.hot_key_rates();
  MetricFamily ratio =
      gauge_family("slotway_hot_key_sampling_ratio",
                   "The part of the requests that are looked at, by the busiest worker of a pool.");
  for (const HotKeyRates& pool : pools) add_gauge(ratio, {{"pool", pool.pool}}, 1.0 / pool.weight);
  MetricFamily keys = gauge_family("slotway_hot_key_requests_per_second",
                                   "Requests for each hot key, of the 20 with the most requests.");
  for (const HotKeySeries& each : hot_key_series(pools)) {
    add_gauge(keys, {{"pool", each.pool}, {"key", each.key}}, each.requests);
  }
  append(families, std::move(ratio), std::move(keys));
}

void Exporter::collect_commands(Families& families) const {
  MetricFamily requests =
      counter_family("slotway_requests_total", "Requests answered, by command.");
  MetricFamily errors =
      counter_family("slotway_request_errors_total", "Requests answered by an error, by command.");
  MetricFamily duration = histogram_family(
      "slotway_request_duration_seconds",
      "Time from the turn of the loop that read a request to its answer, by command.");
  const size_t count = std::min(commands_.size(), registry_.command_count());
  for (size_t id = 0; id < count; ++id) {
    const CommandSum sum = registry_.command(static_cast<wire::CommandId>(id));
    if (sum.requests == 0) continue;
    const Labels labels = {{"command", commands_[id].full_name}};
    add_counter(requests, labels, sum.requests);
    add_counter(errors, labels, sum.errors);
    if (sum.latency.count() != 0) add_histogram(duration, labels, sum.latency);
  }
  append(families, std::move(requests), std::move(errors), std::move(duration));

  MetricFamily stages = histogram_family(
      "slotway_stage_duration_seconds",
      "Parts of the time of forwarded requests: route (from the turn of the loop that read a "
      "request until it turns "
      "to writing), queue (until its bytes were taken for the shard), shard (until the reply was "
      "read), order (until the client's replies before it were there), write (until the reply was "
      "taken for the client).");
  for (size_t i = 0; i < kStageCount; ++i) {
    add_histogram(stages, {{"stage", std::string(kStageNames[i])}},
                  registry_.stage(static_cast<Stage>(i)), kStageBoundsNs);
  }
  families.push_back(std::move(stages));
}

void Exporter::collect_shards(Families& families) const {
  MetricFamily requests =
      counter_family("slotway_shard_requests_total", "Requests answered by a shard.");
  MetricFamily errors =
      counter_family("slotway_shard_errors_total", "Requests to a shard that ended in an error.");
  MetricFamily timeouts = counter_family("slotway_shard_timeouts_total",
                                         "Requests that a shard did not answer in time.");
  MetricFamily refused = counter_family(
      "slotway_shard_refused_total",
      "Requests that failed at once, for the shard was out of reach or its breaker open.");
  MetricFamily retries =
      counter_family("slotway_shard_retries_total", "Requests that were sent to a shard again.");
  MetricFamily reconnects =
      counter_family("slotway_shard_reconnects_total", "Attempts to connect to a shard again.");
  MetricFamily writes =
      counter_family("slotway_shard_writes_total", "Writes to the connections of a shard.");
  MetricFamily reads =
      counter_family("slotway_shard_reads_total", "Reads from the connections of a shard.");
  MetricFamily in_flight = gauge_family("slotway_shard_in_flight_requests",
                                        "Requests that a shard has not answered yet.");
  MetricFamily connections =
      gauge_family("slotway_shard_connections", "Connections to a primary that are established.");
  MetricFamily breakers =
      gauge_family("slotway_shard_breakers_open",
                   "Workers in which requests to a shard fail at once because it does not answer.");
  MetricFamily replica_connections =
      gauge_family("slotway_shard_replica_connections",
                   "Connections to the replicas of a shard that are established.");
  MetricFamily replica_reads = counter_family("slotway_shard_replica_requests_total",
                                              "Requests to a shard that went to a replica.");
  MetricFamily duration =
      histogram_family("slotway_shard_request_duration_seconds",
                       "Time from queueing a request for a shard to its reply.");
  const Topology topology = registry_.topology();
  uint64_t sent = 0;
  uint64_t received = 0;
  for (const ShardSum& sum : registry_.shards()) {
    const Labels labels = {{"pool", sum.pool}, {"shard", sum.shard}};
    add_counter(requests, labels, sum.requests);
    add_counter(errors, labels, sum.errors);
    add_counter(timeouts, labels, sum.timeouts);
    add_counter(refused, labels, sum.refused);
    add_counter(retries, labels, sum.retries);
    add_counter(reconnects, labels, sum.reconnects);
    add_counter(writes, labels, sum.writes);
    add_counter(reads, labels, sum.reads);
    add_counter(replica_reads, labels, sum.replica_reads);
    add_histogram(duration, labels, sum.latency);
    sent += sum.bytes_sent;
    received += sum.bytes_received;
    // What has been counted stays, for a counter does not fall; but a shard that is no more has no
    // state, least of all that it is down.
    if (!topology.serves(sum.pool, sum.shard)) continue;
    add_gauge(in_flight, labels, sum.in_flight);
    add_gauge(connections, labels, sum.connections);
    add_gauge(breakers, labels, sum.breakers_open);
    add_gauge(replica_connections, labels, sum.replica_connections);
  }
  append(families, std::move(requests), std::move(errors), std::move(timeouts), std::move(refused),
         std::move(retries), std::move(reconnects), std::move(writes), std::move(reads),
         std::move(in_flight), std::move(connections), std::move(breakers),
         std::move(replica_connections), std::move(replica_reads), std::move(duration));

  MetricFamily slots = gauge_family("slotway_shard_slots", "Slots that a shard serves.");
  for (const Topology::Shard& shard : topology.shards) {
    add_gauge(slots, {{"pool", shard.pool}, {"shard", shard.shard}},
              static_cast<int64_t>(shard.slots));
  }
  MetricFamily pins =
      gauge_family("slotway_pinned_descriptors",
                   "Descriptors of connections to shards that single clients have.");
  add_gauge(pins, {}, static_cast<int64_t>(topology.pinned));
  MetricFamily most_pins = gauge_family("slotway_pinned_descriptors_limit",
                                        "How many of these there may be, for want of descriptors.");
  add_gauge(most_pins, {}, static_cast<int64_t>(topology.most_pinned));
  append(families, std::move(slots), std::move(pins), std::move(most_pins));

  MetricFamily request_skew =
      gauge_family("slotway_pool_request_skew_ratio",
                   "Requests to the busiest shard over the mean, of the last 10 seconds.");
  MetricFamily byte_skew =
      gauge_family("slotway_pool_byte_skew_ratio",
                   "Bytes to and from the busiest shard over the mean, of the last 10 seconds.");
  for (const auto& [pool, skew] : history_ ? history_->skew() : std::map<std::string, Skew>()) {
    add_gauge(request_skew, {{"pool", pool}}, skew.requests);
    add_gauge(byte_skew, {{"pool", pool}}, skew.bytes);
  }
  append(families, std::move(request_skew), std::move(byte_skew));

  const ClientSum clients = registry_.clients();
  MetricFamily received_bytes =
      counter_family("slotway_received_bytes_total", "Bytes received, by side of the proxy.");
  add_counter(received_bytes, {{"side", "client"}}, clients.bytes_in);
  add_counter(received_bytes, {{"side", "shard"}}, received);
  MetricFamily sent_bytes =
      counter_family("slotway_sent_bytes_total", "Bytes sent, by side of the proxy.");
  add_counter(sent_bytes, {{"side", "client"}}, clients.bytes_out);
  add_counter(sent_bytes, {{"side", "shard"}}, sent);
  append(families, std::move(received_bytes), std::move(sent_bytes));
}

void Exporter::collect_process(Families& families) const {
  MetricFamily reloads =
      counter_family("slotway_config_reloads_total", "Reloads of the configuration, by result.");
  add_counter(reloads, {{"result", "applied"}}, registry_.reloads(true));
  add_counter(reloads, {{"result", "refused"}}, registry_.reloads(false));
  MetricFamily build = gauge_family("slotway_build_info", "Always 1; the version as a label.");
  add_gauge(build, {{"version", version_}}, 1.0);

  append(families, std::move(reloads), std::move(build));
  add_process_families(families);
}

}  // namespace slotway::metrics
