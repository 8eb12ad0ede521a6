#include "proxy/local/info.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "proxy/fanout/gather.h"
#include "proxy/fanout/reply_cursor.h"
#include "proxy/local/own_info.h"
#include "proxy/request_encoding.h"
#include "proxy/server.h"
#include "proxy/worker.h"
#include "wire/text.h"

namespace slotway::proxy {

namespace {

// In the order of the reply.
enum Section : uint32_t {
  kServer = 1u << 0,
  kClients = 1u << 1,
  kMemory = 1u << 2,
  kPersistence = 1u << 3,
  kStats = 1u << 4,
  kReplication = 1u << 5,
  kCpu = 1u << 6,
  kModules = 1u << 7,
  kCommandStats = 1u << 8,
  kErrorStats = 1u << 9,
  kLatencyStats = 1u << 10,
  kShards = 1u << 11,
  kCluster = 1u << 12,
  kKeyspace = 1u << 13,
};
constexpr uint32_t kAll = (1u << 14) - 1;
constexpr uint32_t kUsual = kAll & ~(kCommandStats | kLatencyStats);
constexpr uint32_t kOfShards = kMemory | kPersistence | kStats | kReplication | kModules |
                               kCommandStats | kErrorStats | kKeyspace;

struct SectionName {
  std::string_view name;
  uint32_t sections;
};
constexpr SectionName kNames[] = {
    {"server", kServer},
    {"clients", kClients},
    {"memory", kMemory},
    {"persistence", kPersistence},
    {"stats", kStats},
    {"replication", kReplication},
    {"cpu", kCpu},
    {"modules", kModules},
    {"module_list", kModules},
    {"commandstats", kCommandStats},
    {"errorstats", kErrorStats},
    {"latencystats", kLatencyStats},
    {"shards", kShards},
    {"cluster", kCluster},
    {"keyspace", kKeyspace},
    {"default", kUsual},
    {"all", kAll},
    {"everything", kAll},
};

uint32_t wanted_sections(wire::Args args) {
  if (args.size() == 1) return kUsual;
  uint32_t wanted = 0;
  for (const std::string_view arg : args.subspan(1)) {
    for (const SectionName& each : kNames) {
      if (wire::equal_ignoring_case(arg, each.name)) wanted |= each.sections;
    }
  }
  return wanted;
}

// What a shard is asked for: servers before Redis 7.0 take one section only.
std::string_view section_to_ask(uint32_t of_shards) {
  const auto only = std::ranges::find(kNames, of_shards, &SectionName::sections);
  if (only != std::end(kNames)) return only->name;
  return of_shards & kCommandStats ? "everything" : "default";
}

std::string write(Session& session, uint32_t wanted, const ShardInfo& shards,
                  const ShardInfo& clients, const std::string& missing) {
  const Server& server = session.worker().server();
  wire::InfoText text;
  if (wanted & kServer) add_server_info(session, text);
  if (wanted & kClients) clients.write("Clients", own_clients(session), text);
  if (wanted & kMemory) shards.write("Memory", {}, text);
  if (wanted & kPersistence) shards.write("Persistence", {}, text);
  if (wanted & kStats) shards.write("Stats", own_stats(server), text);
  if (wanted & kReplication) shards.write("Replication", {{"role", "master"}}, text);
  if (wanted & kCpu) add_cpu_info(text);
  if (wanted & kModules) shards.write_lines("Modules", text);
  if (wanted & kCommandStats) add_command_stats(server, shards, text);
  if (wanted & kErrorStats) shards.write_counts("Errorstats", text);
  if (wanted & kLatencyStats) add_latency_stats(server, text);
  if (wanted & kShards) add_shards_info(server, session.pool(), text);
  if (wanted & kCluster) {
    // Clients in cluster mode look for this before they ask for the slots.
    text.section("Cluster");
    text.line("cluster_enabled", 1);
  }
  if (wanted & kKeyspace) {
    shards.write_keyspace(text);
    if (!missing.empty()) text.line("shards_without_answer", missing);
  }
  return text.take();
}

bool merge(FanOut& fan_out, uint32_t wanted, wire::OutputBuffer& out) {
  ShardInfo shards;
  ShardInfo clients;
  std::string missing;
  for (Part& part : fan_out.parts()) {
    const auto text =
        part.failed ? std::nullopt : ReplyCursor(part.reply.contiguous(out.pool())).string();
    if (text) {
      (part.source ? shards : clients).add(*text);
    } else if (part.source) {
      missing += (missing.empty() ? "" : ",") + part.source->name;
    }
  }
  wire::ReplyWriter(out, fan_out.protocol())
      .verbatim("txt", write(*fan_out.parent()->session, wanted, shards, clients, missing));
  return true;
}

void ask_shards(Session& session, const wire::Command& command, std::string_view section,
                FanOut& fan_out) {
  const auto& shards = session.pool().shards();
  for (size_t i = 0; i < shards.size(); ++i) {
    const Destination destination = find_destination(session, *shards[i]);
    if (destination.ready()) {
      encode_request(destination.upstream->output(), {"INFO", section});
      push_part(fan_out, i, *destination.upstream, command);
    } else {
      fan_out.parts()[i].source = shards[i]->shard_reference();
      fan_out.part_failed(i, "ERR");
    }
  }
}

// The parts behind the first `parts_before` are theirs.
void ask_clients(Session& session, size_t parts_before, FanOut& fan_out) {
  ask_workers(
      session.worker(),
      [name = session.pool().settings().name](Worker& worker) {
        const Pool* const pool = worker.pool_named(name);
        return std::optional(pool ? worker_clients(worker, *pool) : std::string());
      },
      [&fan_out, parts_before](const std::vector<std::string>& answers) {
        for (size_t i = 0; i < answers.size(); ++i) {
          const std::string reply =
              "$" + std::to_string(answers[i].size()) + "\r\n" + answers[i] + "\r\n";
          fan_out.part_done(parts_before + i, ReplyView(std::string_view(reply)));
        }
      });
}

}  // namespace

void info(Session& session, const wire::Command& command, wire::Args args) {
  const uint32_t wanted = wanted_sections(args);
  const uint32_t of_shards = wanted & kOfShards;
  const size_t shards = of_shards ? session.pool().shards().size() : 0;
  const size_t workers = wanted & kClients ? session.worker().server().workers().size() : 0;
  if (shards + workers == 0) {
    session.reply(&command, [&](wire::ReplyWriter& writer) {
      writer.verbatim("txt", write(session, wanted, {}, {}, {}));
    });
    return;
  }
  auto* const fan_out =
      new FanOut(session.worker(), *session.expect_reply(&command), shards + workers,
                 [wanted](FanOut& parts, wire::OutputBuffer& out, std::string&) {
                   return merge(parts, wanted, out);
                 });
  fan_out->tolerant = true;
  // The last part ends it: the workers', if there are any, never come at once.
  if (workers > 0) ask_clients(session, shards, *fan_out);
  if (shards > 0) ask_shards(session, command, section_to_ask(of_shards), *fan_out);
}

}  // namespace slotway::proxy
