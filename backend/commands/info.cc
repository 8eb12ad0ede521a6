// INFO: the counters and gauges of the server, by section.

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include "backend/allocator.h"
#include "backend/commands/bindings.h"
#include "backend/settings_table.h"
#include "metrics/process_usage.h"
#include "wire/greeting.h"
#include "wire/info_text.h"

namespace slotway::backend {

namespace {

std::string decimal(double value, int digits) {
  char text[64];
  const int size = std::snprintf(text, sizeof text, "%.*f", digits, value);
  return {text, static_cast<size_t>(size)};
}

std::string human_bytes(uint64_t bytes) {
  constexpr std::string_view kUnits[] = {"B", "K", "M", "G", "T"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return (unit == 0 ? std::to_string(bytes) : decimal(value, 2)) + std::string(kUnits[unit]);
}

void add_server(const Call& call, wire::InfoText& text) {
  const Settings& settings = call.store.settings;
  const auto uptime =
      static_cast<uint64_t>(call.engine().clock().steady_us() - call.store.started_us) / 1000000;
  text.section("Server");
  text.line("redis_version", wire::kRedisVersion);
  text.line("redis_mode", "standalone");
  text.line("server_name", "slotway-store");
  text.line("arch_bits", sizeof(void*) * 8);
  text.line("process_id", static_cast<uint64_t>(getpid()));
  text.line("run_id", call.store.run_id);
  text.line("tcp_port", settings.port);
  text.line("uptime_in_seconds", uptime);
  text.line("uptime_in_days", uptime / 86400);
  text.line("hz", settings.cycles_per_second);
  text.line("configured_hz", settings.cycles_per_second);
  text.line("config_file", settings.file);
}

void add_clients(const Call& call, wire::InfoText& text) {
  text.section("Clients");
  text.line("connected_clients", call.store.clients.size());
  text.line("maxclients", call.store.settings.max_clients);
  text.line("blocked_clients", call.store.blocked.size() + call.store.clients.held());
  text.line("tracking_clients", call.store.tracking.clients());
  text.line("clients_in_timeout_table", call.store.blocked.with_deadline());
}

void add_memory(const Call& call, wire::InfoText& text) {
  const uint64_t resident = metrics::read_process_usage().resident_bytes;
  const uint64_t used = call.store.memory.used();
  text.section("Memory");
  text.line("used_memory", used);
  text.line("used_memory_human", human_bytes(used));
  text.line("used_memory_rss", resident);
  text.line("used_memory_rss_human", human_bytes(resident));
  const uint64_t peak = call.store.memory.peak();
  const uint64_t data = call.engine().bytes();
  const auto percent = [](uint64_t part, uint64_t whole) {
    const double share = whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
    return decimal(100 * share, 2) + "%";
  };
  text.line("used_memory_peak", peak);
  text.line("used_memory_peak_human", human_bytes(peak));
  text.line("used_memory_peak_perc", percent(used, peak));
  text.line("used_memory_overhead", used - data);
  text.line("used_memory_startup", 0);
  text.line("used_memory_dataset", data);
  text.line("used_memory_dataset_perc", percent(data, used));
  text.line("number_of_cached_scripts", 0);
  text.line("number_of_functions", 0);
  text.line("number_of_libraries", 0);
  text.line("maxmemory", call.store.settings.max_memory);
  text.line("maxmemory_human", human_bytes(call.store.settings.max_memory));
  text.line("maxmemory_policy", find_setting("maxmemory-policy")->value(call.store.settings));
  text.line("mem_fragmentation_ratio",
            decimal(static_cast<double>(resident) / static_cast<double>(used ? used : 1), 2));
  text.line("mem_fragmentation_bytes", resident - std::min(resident, used));
  text.line("mem_not_counted_for_evict", 0);
  text.line("mem_clients_slaves", 0);
  text.line("mem_clients_normal", call.store.memory.of_clients());
  text.line("mem_aof_buffer", 0);
  text.line("mem_allocator", allocator_name());
  text.line("active_defrag_running", call.store.defragmentation.share());
  text.line("lazyfree_pending_objects", call.engine().reclaimer().pending());
  text.line("lazyfreed_objects", call.engine().reclaimer().freed());
}

void add_persistence(const Call& call, wire::InfoText& text) {
  text.section("Persistence");
  text.line("loading", 0);
  text.line("async_loading", 0);
  text.line("rdb_changes_since_last_save", call.store.events.changes());
  text.line("rdb_bgsave_in_progress", 0);
  text.line("aof_enabled", 0);
  text.line("aof_rewrite_in_progress", 0);
}

void add_stats(const Call& call, wire::InfoText& text) {
  const Statistics& statistics = call.store.statistics;
  const Engine::Statistics& engine = call.engine().statistics();
  text.section("Stats");
  text.line("total_connections_received", statistics.connections);
  text.line("total_commands_processed", statistics.commands);
  text.line("instantaneous_ops_per_sec", statistics.commands_per_second);
  text.line("total_net_input_bytes", statistics.bytes_in);
  text.line("total_net_output_bytes", statistics.bytes_out);
  text.line("rejected_connections", statistics.connections_rejected);
  text.line("expired_keys", engine.expired);
  text.line("expired_time_cap_reached_count", engine.out_of_time);
  text.line("evicted_keys", engine.evicted);
  text.line("evicted_clients", statistics.clients_evicted);
  text.line("keyspace_hits", engine.hits);
  text.line("keyspace_misses", engine.misses);
  text.line("pubsub_channels", call.store.pub_sub.names(PubSub::Kind::kChannel).size());
  text.line("pubsub_patterns", call.store.pub_sub.names(PubSub::Kind::kPattern).size());
  text.line("pubsubshard_channels", call.store.pub_sub.names(PubSub::Kind::kShardChannel).size());
  const Defragmentation::Statistics defragmented = call.store.defragmentation.statistics();
  text.line("active_defrag_hits", defragmented.moved);
  text.line("active_defrag_misses", defragmented.stayed);
  text.line("active_defrag_key_hits", defragmented.keys_moved);
  text.line("active_defrag_key_misses", defragmented.keys_stayed);
  text.line("total_active_defrag_time", defragmented.total_us / 1000);
  text.line("current_active_defrag_time", call.store.defragmentation.running_us() / 1000);
  text.line("tracking_total_keys", call.store.tracking.keys());
  text.line("tracking_total_items", call.store.tracking.items());
  text.line("tracking_total_prefixes", call.store.tracking.prefixes());
  text.line("total_error_replies", statistics.errors);
  text.line("protocol_errors", statistics.protocol_errors);
  text.line("clients_closed_partial", statistics.closed_partial);
  text.line("clients_closed_stalled", statistics.closed_stalled);
  text.line("clients_closed_idle", statistics.closed_idle);
  text.line("clients_closed_output", statistics.closed_output);
  text.line("clients_closed_security", statistics.closed_security);
}

void add_replication(const Call& call, wire::InfoText& text) {
  text.section("Replication");
  text.line("role", "master");
  text.line("connected_slaves", 0);
  text.line("master_replid", call.store.run_id);
  text.line("master_repl_offset", 0);
}

void add_cpu(const Call&, wire::InfoText& text) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return decimal(static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6, 6);
  };
  text.section("CPU");
  text.line("used_cpu_sys", seconds(usage.ru_stime));
  text.line("used_cpu_user", seconds(usage.ru_utime));
}

double usec_per_call(const Statistics::PerCommand& counts) {
  if (counts.calls == 0) return 0;
  return static_cast<double>(counts.nanoseconds) / 1000 / static_cast<double>(counts.calls);
}

void add_commandstats(const Call& call, wire::InfoText& text) {
  text.section("Commandstats");
  for (const wire::Command& command : wire::all_commands()) {
    const Statistics::PerCommand& counts = call.store.statistics.per_command[command.id];
    if (counts.calls == 0 && counts.rejected == 0) continue;
    text.line("cmdstat_" + command.full_name,
              "calls=" + std::to_string(counts.calls) +
                  ",usec=" + std::to_string(counts.nanoseconds / 1000) +
                  ",usec_per_call=" + decimal(usec_per_call(counts), 2) +
                  ",rejected_calls=" + std::to_string(counts.rejected) +
                  ",failed_calls=" + std::to_string(counts.failed));
  }
}

void add_errorstats(const Call& call, wire::InfoText& text) {
  text.section("Errorstats");
  for (const auto& [code, count] : call.store.statistics.errors_by_code) {
    text.line("errorstat_" + code, "count=" + std::to_string(count));
  }
}

// A command's time at each of the percentiles that are asked for.
void add_latencystats(const Call& call, wire::InfoText& text) {
  text.section("Latencystats");
  for (const wire::Command& command : wire::all_commands()) {
    const auto& latency = call.store.statistics.per_command[command.id].latency;
    if (!latency) continue;
    metrics::HistogramSnapshot snapshot;
    snapshot.merge(*latency);
    std::string line;
    for (const double percentile : call.store.settings.latency_percentiles) {
      const double us = static_cast<double>(snapshot.quantile(percentile / 100)) / 1000;
      line += (line.empty() ? "p" : ",p") + percentile_text(percentile) + "=" + decimal(us, 3);
    }
    text.line("latency_percentiles_usec_" + command.full_name, line);
  }
}

void add_cluster(const Call&, wire::InfoText& text) {
  text.section("Cluster");
  text.line("cluster_enabled", 0);
}

void add_keyspace(const Call& call, wire::InfoText& text) {
  text.section("Keyspace");
  for (uint32_t i = 0; i < call.engine().database_count(); ++i) {
    const Database& database = call.engine().database(i);
    if (database.size() == 0) continue;
    const Keyspace& keyspace = database.keyspace();
    const int64_t ttl_ms =
        keyspace.expiring() ? keyspace.mean_expiry_ms() - call.engine().now_ms() : 0;
    text.line("db" + std::to_string(i),
              "keys=" + std::to_string(database.size()) +
                  ",expires=" + std::to_string(keyspace.expiring()) +
                  ",avg_ttl=" + std::to_string(std::max(ttl_ms, int64_t{0})));
  }
}

struct Section {
  std::string_view name;
  void (*add)(const Call& call, wire::InfoText& text);
  bool is_default = true;
};

constexpr Section kSections[] = {
    {"server", &add_server},
    {"clients", &add_clients},
    {"memory", &add_memory},
    {"persistence", &add_persistence},
    {"stats", &add_stats},
    {"replication", &add_replication},
    {"cpu", &add_cpu},
    {"commandstats", &add_commandstats, false},
    {"errorstats", &add_errorstats},
    {"latencystats", &add_latencystats, false},
    {"cluster", &add_cluster},
    {"keyspace", &add_keyspace},
};

void info(Call& call) {
  std::array<bool, std::size(kSections)> wanted{};
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (call.args.size() == 1) wanted[i] = kSections[i].is_default;
    for (size_t arg = 1; arg < call.args.size(); ++arg) {
      wanted[i] = wanted[i] || call.is(arg, "all") || call.is(arg, "everything") ||
                  call.is(arg, kSections[i].name) ||
                  (call.is(arg, "default") && kSections[i].is_default);
    }
  }
  wire::InfoText text;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i]) kSections[i].add(call, text);
  }
  call.reply.verbatim("txt", text.text());
}

constexpr Binding kBindings[] = {{"info", &info}};

}  // namespace

std::span<const Binding> info_bindings() { return kBindings; }

}  // namespace slotway::backend
