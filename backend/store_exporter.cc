#include "backend/store_exporter.h"

#include <array>
#include <utility>

#include "backend/engine/value_operations.h"
#include "metrics/metric_family.h"

namespace slotway::backend {

namespace {

using Families = std::vector<prometheus::MetricFamily>;
using metrics::add_counter;
using metrics::add_gauge;
using metrics::counter_family;
using metrics::gauge_family;

// A number of the sample that stands for itself.
struct Plain {
  const char* name;
  const char* help;
  uint64_t StoreSample::*value;
};

constexpr std::array kGauges = {
    Plain{"slotway_store_memory_used_bytes",
          "Memory that keys, clients and what is kept for clients take.", &StoreSample::used_bytes},
    Plain{"slotway_store_memory_limit_bytes", "The setting maxmemory; 0 if there is no limit.",
          &StoreSample::limit_bytes},
    Plain{"slotway_store_eviction_enabled",
          "1 if keys are removed at that limit, 0 if writes are refused (noeviction).",
          &StoreSample::evicts},
    Plain{"slotway_store_clients", "Connections that are open.", &StoreSample::clients},
    Plain{"slotway_store_blocked_clients",
          "Clients that wait for a key or for the end of CLIENT PAUSE.",
          &StoreSample::blocked_clients},
};

constexpr std::array kCounters = {
    Plain{"slotway_store_expired_keys_total", "Keys removed because their time was over.",
          &StoreSample::expired_keys},
    Plain{"slotway_store_evicted_keys_total", "Keys removed because of maxmemory.",
          &StoreSample::evicted_keys},
    Plain{"slotway_store_keyspace_hits_total", "Keys that commands looked up and found.",
          &StoreSample::hits},
    Plain{"slotway_store_keyspace_misses_total", "Keys that commands looked up and did not find.",
          &StoreSample::misses},
    Plain{"slotway_store_connections_total", "Connections accepted.",
          &StoreSample::accepted_clients},
    Plain{"slotway_store_connections_rejected_total", "Connections turned away at once.",
          &StoreSample::rejected_clients},
    Plain{"slotway_store_received_bytes_total", "Bytes received from clients.",
          &StoreSample::received_bytes},
    Plain{"slotway_store_sent_bytes_total", "Bytes sent to clients.", &StoreSample::sent_bytes},
    Plain{"slotway_store_defragmented_keys_total",
          "Keys of which something was moved to give memory back.",
          &StoreSample::defragmented_keys},
};

using Samples = std::vector<LabelledSample>;

metrics::Labels with(metrics::Labels labels, const char* name, std::string value) {
  labels.push_back({name, std::move(value)});
  return labels;
}

void add_keys(const Samples& samples, Families& families) {
  auto all = gauge_family("slotway_store_keys",
                          "Keys, expired ones that nobody has looked at included, by database.");
  auto expiring = gauge_family("slotway_store_expires", "Keys with an expiry, by database.");
  auto types =
      gauge_family("slotway_store_keys_by_type", "Keys of all databases by the type of the value.");
  for (const auto& [labels, sample] : samples) {
    for (const StoreSample::Keys& keys : sample->keys) {
      const metrics::Labels own = with(labels, "db", std::to_string(keys.database));
      add_gauge(all, own, static_cast<double>(keys.all));
      add_gauge(expiring, own, static_cast<double>(keys.expiring));
    }
    for (size_t i = 0; i < kTypeCount; ++i) {
      add_gauge(types, with(labels, "type", std::string(type_name(static_cast<Type>(i)))),
                static_cast<double>(sample->keys_by_type[i]));
    }
  }
  families.push_back(std::move(all));
  families.push_back(std::move(expiring));
  families.push_back(std::move(types));
}

void add_commands(const Samples& samples, Families& families) {
  auto calls = counter_family("slotway_store_commands_total", "Commands carried out, by command.");
  auto seconds = counter_family("slotway_store_command_seconds_total",
                                "Time spent carrying commands out, by command.");
  auto errors =
      counter_family("slotway_store_errors_total", "Commands answered by an error, by its code.");
  for (const auto& [labels, sample] : samples) {
    for (const StoreSample::Commands& commands : sample->commands) {
      const metrics::Labels own =
          with(labels, "command", wire::all_commands()[commands.id].full_name);
      add_counter(calls, own, commands.calls);
      add_counter(seconds, own, static_cast<double>(commands.nanoseconds) / 1e9);
    }
    for (const auto& [code, count] : sample->errors) {
      add_counter(errors, with(labels, "code", code), count);
    }
  }
  families.push_back(std::move(calls));
  families.push_back(std::move(seconds));
  families.push_back(std::move(errors));
}

}  // namespace

void add_store_families(const Samples& samples, Families& families) {
  add_keys(samples, families);
  for (const Plain& plain : kGauges) {
    auto& family = families.emplace_back(gauge_family(plain.name, plain.help));
    for (const auto& [labels, sample] : samples) {
      add_gauge(family, labels, static_cast<double>((*sample).*plain.value));
    }
  }
  for (const Plain& plain : kCounters) {
    auto& family = families.emplace_back(counter_family(plain.name, plain.help));
    for (const auto& [labels, sample] : samples) {
      add_counter(family, labels, (*sample).*plain.value);
    }
  }
  add_commands(samples, families);
}

StoreExporter::StoreExporter(const Server& server, std::string version)
    : server_(server), version_(std::move(version)) {}

Families StoreExporter::Collect() const {
  Families families;
  add_store_families({{{}, server_.sample()}}, families);
  add_gauge(families.emplace_back(
                gauge_family("slotway_store_build_info", "Always 1; the version as a label.")),
            {{"version", version_}}, 1.0);
  metrics::add_process_families(families);
  return families;
}

}  // namespace slotway::backend
