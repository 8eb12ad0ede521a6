#include "proxy/local/own_info.h"

#include <sys/resource.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>

#include "proxy/server.h"
#include "proxy/worker.h"
#include "wire/greeting.h"
#include "wire/number.h"

namespace slotway::proxy {

namespace {

// 40 hexadecimal digits that are another process's only by chance.
std::string run_id(const Server& server) {
  uint64_t state = server.started_seconds() * 0x9e3779b97f4a7c15 + static_cast<uint64_t>(getpid());
  std::string id;
  while (id.size() < 40) {
    state = (state ^ (state >> 31)) * 0xbf58476d1ce4e5b9 + 1;
    id += "0123456789abcdef"[state >> 60];
  }
  return id;
}

std::string seconds(const timeval& time) {
  char text[64];
  std::snprintf(text, sizeof text, "%lld.%06ld", static_cast<long long>(time.tv_sec),
                static_cast<long>(time.tv_usec));
  return text;
}

std::string microseconds(uint64_t ns, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, static_cast<double>(ns) / 1000);
  return text;
}

// Calls `visit(const wire::Command&, const metrics::CommandSum&)` for those that were asked for.
template <typename Visit>
void for_each_used(const Server& server, Visit visit) {
  for (const wire::Command& command : wire::all_commands()) {
    const metrics::CommandSum sum = server.statistics().command(command.id);
    if (sum.requests > 0) visit(command, sum);
  }
}

}  // namespace

void add_server_info(Session& session, wire::InfoText& text) {
  const Server& server = session.worker().server();
  timeval now;
  gettimeofday(&now, nullptr);
  const auto seconds_now = static_cast<uint64_t>(now.tv_sec);
  const uint64_t uptime = seconds_now - std::min(seconds_now, server.started_seconds());
  utsname system;
  uname(&system);
  std::error_code ignored;
  const std::string address = session.connection().local_name();
  const size_t colon = address.starts_with("unix") ? std::string::npos : address.rfind(':');
  text.section("Server");
  text.line("redis_version", wire::kRedisVersion);
  text.line("redis_git_sha1", "00000000");
  text.line("redis_git_dirty", 0);
  text.line("redis_build_id", "0");
  text.line("redis_mode", "standalone");
  text.line("slotway_version", SLOTWAY_VERSION);
  text.line("os", std::string(system.sysname) + " " + system.release + " " + system.machine);
  text.line("arch_bits", 8 * sizeof(void*));
  text.line("monotonic_clock", "POSIX clock_gettime");
  text.line("multiplexing_api", "epoll");
  text.line("atomicvar_api", "c11-builtin");
  text.line("gcc_version", std::to_string(__GNUC__) + "." + std::to_string(__GNUC_MINOR__) + "." +
                               std::to_string(__GNUC_PATCHLEVEL__));
  text.line("process_id", getpid());
  text.line("process_supervised", "no");
  text.line("run_id", run_id(server));
  text.line("tcp_port", colon == std::string::npos ? "0" : address.substr(colon + 1));
  text.line("server_time_usec", seconds_now * 1'000'000 + static_cast<uint64_t>(now.tv_usec));
  text.line("uptime_in_seconds", uptime);
  text.line("uptime_in_days", uptime / 86400);
  text.line("hz", 10);
  text.line("configured_hz", 10);
  text.line("lru_clock", seconds_now & 0xffffff);
  text.line("executable", std::filesystem::read_symlink("/proc/self/exe", ignored).string());
  text.line("config_file", server.file());
  text.line("io_threads_active", 0);
  text.line("worker_threads", server.workers().size());
}

void add_cpu_info(wire::InfoText& text) {
  rusage own;
  rusage children;
  rusage thread;
  getrusage(RUSAGE_SELF, &own);
  getrusage(RUSAGE_CHILDREN, &children);
  getrusage(RUSAGE_THREAD, &thread);
  text.section("CPU");
  text.line("used_cpu_sys", seconds(own.ru_stime));
  text.line("used_cpu_user", seconds(own.ru_utime));
  text.line("used_cpu_sys_children", seconds(children.ru_stime));
  text.line("used_cpu_user_children", seconds(children.ru_utime));
  text.line("used_cpu_sys_main_thread", seconds(thread.ru_stime));
  text.line("used_cpu_user_main_thread", seconds(thread.ru_utime));
}

// What shards carry out they count, as often as scripts call it, too.
void add_command_stats(const Server& server, const ShardInfo& shards, wire::InfoText& text) {
  text.section("Commandstats");
  for (const wire::Command& command : wire::all_commands()) {
    const wire::CommandSpec& spec = *command.spec;
    const std::string field = "cmdstat_" + command.full_name;
    const metrics::CommandSum sum = server.statistics().command(command.id);
    const bool is_own = spec.handling == wire::Handling::kLocal &&
                        (sum.requests > 0 || spec.flags & wire::kNoScript);
    const std::string calls = is_own ? std::string() : shards.calls(field);
    if (!calls.empty()) {
      text.line(field, calls);
    } else if (sum.requests > 0) {
      const uint64_t total = sum.latency.sum_ns();
      text.line(field, "calls=" + std::to_string(sum.requests) +
                           ",usec=" + std::to_string(total / 1000) +
                           ",usec_per_call=" + microseconds(total / sum.requests, 2) +
                           ",rejected_calls=0,failed_calls=" + std::to_string(sum.errors));
    }
  }
}

void add_latency_stats(const Server& server, wire::InfoText& text) {
  text.section("Latencystats");
  for_each_used(server, [&](const wire::Command& command, const metrics::CommandSum& sum) {
    text.line("latency_percentiles_usec_" + command.full_name,
              "p50=" + microseconds(sum.latency.quantile(0.5), 3) +
                  ",p99=" + microseconds(sum.latency.quantile(0.99), 3) +
                  ",p99.9=" + microseconds(sum.latency.quantile(0.999), 3));
  });
}

void add_shards_info(const Server& server, const Pool& pool, wire::InfoText& text) {
  const std::vector<metrics::ShardSum> sums = server.registry().shards();
  text.section("Shards");
  for (const Shard& shard : pool.topology().shards()) {
    for (const metrics::ShardSum& sum : sums) {
      if (sum.pool != pool.settings().name || sum.shard != shard.name) continue;
      text.line("shard_" + shard.name,
                "address=" + shard.address.text() + ",connections=" +
                    std::to_string(sum.connections) + ",requests=" + std::to_string(sum.requests) +
                    ",errors=" + std::to_string(sum.errors) + ",timeouts=" +
                    std::to_string(sum.timeouts) + ",in_flight=" + std::to_string(sum.in_flight) +
                    ",reconnects=" + std::to_string(sum.reconnects) +
                    ",p50_us=" + microseconds(sum.latency.quantile(0.5), 0) +
                    ",p99_us=" + microseconds(sum.latency.quantile(0.99), 0));
    }
  }
}

ShardInfo::Own own_clients(Session& session) {
  const metrics::ClientSum sum = session.worker().server().statistics().clients();
  return {{"connected_clients", std::to_string(sum.connections)},
          {"cluster_connections", "0"},
          {"maxclients", std::to_string(session.pool().settings().limits.clients)},
          {"clients_in_timeout_table", "0"}};
}

ShardInfo::Own own_stats(const Server& server) {
  const metrics::ClientSum sum = server.statistics().clients();
  uint64_t requests = 0;
  uint64_t errors = 0;
  for_each_used(server, [&](const wire::Command&, const metrics::CommandSum& one) {
    requests += one.requests;
    errors += one.errors;
  });
  return {{"total_connections_received", std::to_string(sum.accepted)},
          {"total_commands_processed", std::to_string(requests)},
          {"total_net_input_bytes", std::to_string(sum.bytes_in)},
          {"total_net_output_bytes", std::to_string(sum.bytes_out)},
          {"rejected_connections", std::to_string(sum.rejected)},
          {"total_error_replies", std::to_string(errors)},
          {"requests_in_flight", std::to_string(sum.in_flight)},
          {"protocol_errors", std::to_string(sum.protocol_errors)},
          {"unknown_commands", std::to_string(sum.unknown_commands)}};
}

std::string worker_clients(const Worker& worker, const Pool& pool) {
  uint64_t blocked = 0;
  uint64_t tracking = 0;
  size_t input = 0;
  size_t output = 0;
  for (const auto& [id, session] : worker.sessions()) {
    if (&session->pool() != &pool) continue;
    blocked += session->is_blocked() || session->is_paused();
    tracking += session->tracking() != nullptr;
    input = std::max(input, session->connection().unconsumed());
    output = std::max(output, session->connection().out().size() + session->early_bytes());
  }
  wire::InfoText text;
  text.section("Clients");
  text.line("client_recent_max_input_buffer", input);
  text.line("client_recent_max_output_buffer", output);
  text.line("tracking_clients", tracking);
  text.line("blocked_clients", blocked);
  return text.take();
}

}  // namespace slotway::proxy
