#include "proxy/info.h"

#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <map>

#include "proxy/local_commands.h"
#include "proxy/reply_cursor.h"
#include "proxy/request_encoding.h"
#include "proxy/server.h"
#include "proxy/worker.h"
#include "wire/greeting.h"
#include "wire/info_text.h"
#include "wire/text.h"

namespace slotway::proxy {

namespace {

void add_server(wire::InfoText& text, const Server& server) {
  const auto now = static_cast<uint64_t>(std::time(nullptr));
  text.section("Server");
  text.line("redis_version", wire::kRedisVersion);
  text.line("redis_mode", "standalone");
  text.line("slotway_version", SLOTWAY_VERSION);
  text.line("process_id", getpid());
  text.line("worker_threads", server.workers().size());
  text.line("uptime_in_seconds", now - server.started_seconds());
  text.line("uptime_in_days", (now - server.started_seconds()) / 86400);
  text.line("config_file", server.file());
}

void add_clients(wire::InfoText& text, const Server& server, Session& session) {
  const metrics::ClientSum sum = server.registry().clients();
  text.section("Clients");
  text.line("connected_clients", sum.connections);
  text.line("maxclients", session.pool().settings().limits.clients);
  text.line("blocked_clients", 0);
}

void add_stats(wire::InfoText& text, const Server& server) {
  const metrics::ClientSum sum = server.registry().clients();
  uint64_t requests = 0;
  uint64_t errors = 0;
  for (const wire::Command& command : wire::all_commands()) {
    const metrics::CommandSum one = server.registry().command(command.id);
    requests += one.requests;
    errors += one.errors;
  }
  text.section("Stats");
  text.line("total_connections_received", sum.accepted);
  text.line("total_commands_processed", requests);
  text.line("total_error_replies", errors);
  text.line("total_net_input_bytes", sum.bytes_in);
  text.line("total_net_output_bytes", sum.bytes_out);
  text.line("rejected_connections", sum.rejected);
  text.line("requests_in_flight", sum.in_flight);
  text.line("protocol_errors", sum.protocol_errors);
  text.line("unknown_commands", sum.unknown_commands);
}

void add_shards(wire::InfoText& text, const Server& server, const Pool& pool) {
  const std::vector<metrics::ShardSum> sums = server.registry().shards();
  text.section("Shards");
  for (const Shard& shard : pool.topology().shards()) {
    for (const metrics::ShardSum& sum : sums) {
      if (sum.pool != pool.settings().name || sum.shard != shard.name) continue;
      char latency[64];
      std::snprintf(latency, sizeof latency, ",p50_us=%.0f,p99_us=%.0f",
                    static_cast<double>(sum.latency.quantile(0.5)) / 1000,
                    static_cast<double>(sum.latency.quantile(0.99)) / 1000);
      text.line("shard_" + shard.name,
                "address=" + shard.address.text() + ",connections=" +
                    std::to_string(sum.connections) + ",requests=" + std::to_string(sum.requests) +
                    ",errors=" + std::to_string(sum.errors) + ",timeouts=" +
                    std::to_string(sum.timeouts) + ",in_flight=" + std::to_string(sum.in_flight) +
                    ",reconnects=" + std::to_string(sum.reconnects) + latency);
    }
  }
}

// Clients in cluster mode look for this before they ask for the slots.
void add_cluster(wire::InfoText& text) {
  text.section("Cluster");
  text.line("cluster_enabled", 1);
}

// ---- keyspace

struct Database {
  uint64_t keys = 0;
  uint64_t expires = 0;
  uint64_t ttl_sum = 0;  // milliseconds
};

uint64_t field(std::string_view line, std::string_view name) {
  const size_t at = line.find(name);
  if (at == std::string_view::npos) return 0;
  uint64_t value = 0;
  std::from_chars(line.data() + at + name.size(), line.data() + line.size(), value);
  return value;
}

// "db0:keys=3,expires=1,avg_ttl=5000"
void add_keyspace_line(std::string_view line, std::map<uint64_t, Database>& databases) {
  if (!line.starts_with("db")) return;
  Database& database = databases[field(line, "db")];
  const uint64_t expires = field(line, "expires=");
  database.keys += field(line, "keys=");
  database.expires += expires;
  database.ttl_sum += expires * field(line, "avg_ttl=");
}

// Behind the other sections.
void merge_keyspace(FanOut& fan_out, const std::string& others, wire::OutputBuffer& out) {
  std::map<uint64_t, Database> databases;
  std::string missing;
  for (Part& part : fan_out.parts()) {
    const auto text =
        part.failed ? std::nullopt : ReplyCursor(part.reply.contiguous(out.pool())).string();
    if (!text) {
      missing += (missing.empty() ? "" : ",") + part.source->name;
      continue;
    }
    for (size_t at = 0; at < text->size();) {
      const size_t end = std::min(text->find("\r\n", at), text->size());
      add_keyspace_line(text->substr(at, end - at), databases);
      at = end + 2;
    }
  }
  wire::InfoText text;
  text.section("Keyspace");
  for (const auto& [number, database] : databases) {
    const uint64_t ttl = database.expires ? database.ttl_sum / database.expires : 0;
    text.line("db" + std::to_string(number), "keys=" + std::to_string(database.keys) +
                                                 ",expires=" + std::to_string(database.expires) +
                                                 ",avg_ttl=" + std::to_string(ttl));
  }
  if (!missing.empty()) text.line("shards_without_answer", missing);
  const std::string before = others.empty() ? "" : others + "\r\n";
  wire::ReplyWriter(out, fan_out.protocol()).verbatim("txt", before + text.take());
}

void ask_keyspace(Session& session, const wire::Command& command, std::string others) {
  const auto& shards = session.pool().shards();
  auto merge = [others = std::move(others)](FanOut& fan_out, wire::OutputBuffer& out,
                                            std::string&) {
    merge_keyspace(fan_out, others, out);
    return true;
  };
  auto* const fan_out = new FanOut(session.worker(), *session.expect_reply(&command), shards.size(),
                                   std::move(merge));
  fan_out->tolerant = true;
  for (size_t i = 0; i < shards.size(); ++i) {
    const Destination destination = find_destination(session, *shards[i]);
    if (destination.ready()) {
      encode_request(destination.upstream->output(), {"INFO", "keyspace"});
      push_part(*fan_out, i, *destination.upstream, command);
    } else {
      fan_out->parts()[i].source = shards[i]->shard_reference();
      fan_out->part_failed(i, "ERR");
    }
  }
}

bool wants(wire::Args args, std::string_view section) {
  if (args.size() == 1) return true;
  for (const std::string_view arg : args.subspan(1)) {
    if (wire::equal_ignoring_case(arg, section) || wire::equal_ignoring_case(arg, "default") ||
        wire::equal_ignoring_case(arg, "all") || wire::equal_ignoring_case(arg, "everything")) {
      return true;
    }
  }
  return false;
}

}  // namespace

void info(Session& session, const wire::Command& command, wire::Args args) {
  const Server& server = session.worker().server();
  wire::InfoText text;
  if (wants(args, "server")) add_server(text, server);
  if (wants(args, "clients")) add_clients(text, server, session);
  if (wants(args, "stats")) add_stats(text, server);
  if (wants(args, "shards")) add_shards(text, server, session.pool());
  if (wants(args, "cluster")) add_cluster(text);
  if (wants(args, "keyspace")) return ask_keyspace(session, command, text.take());
  session.reply(&command, [&](wire::ReplyWriter& writer) { writer.verbatim("txt", text.take()); });
}

}  // namespace slotway::proxy
