// SCRIPT and FUNCTION, where the shards together have to answer as one server: what loads scripts
// or asks for them, and what is asked while one runs.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proxy/fanout/broadcast.h"
#include "proxy/fanout/merge.h"
#include "proxy/fanout/reply_cursor.h"
#include "proxy/local/local_commands.h"
#include "proxy/request_encoding.h"
#include "proxy/scripts/script_run.h"
#include "proxy/worker.h"

namespace slotway::proxy {

namespace {

// ---- the script cache

// At once, and not when the shards have answered: what the session sends behind it counts on it.
void load_or_flush(const LocalCall& call) {
  if (!call.may_ask_shards()) return;
  call.routed = to_all_shards(call.session, call.command, call.args, &merge_first);
  if (call.routed == Routed::kDone) note_script(call.session, call.command, call.args);
}

// Known is what every shard knows, or some do and the others can be given. (A copy alone says
// little: it need not compile.)
bool merge_exists(const std::vector<bool>& kept, FanOut& fan_out, wire::OutputBuffer& out,
                  std::string& error) {
  std::vector<size_t> knowing(kept.size());
  for (Part& part : fan_out.parts()) {
    ReplyCursor reply(part.reply.contiguous(fan_out.worker().loop().pool()));
    if (reply.enter_array() != static_cast<int64_t>(kept.size())) {
      error = part.source->label() + " sent a reply that does not fit the command";
      return false;
    }
    for (size_t i = 0; i < kept.size(); ++i) knowing[i] += reply.integer() == 1;
  }
  wire::ReplyWriter writer(out);
  writer.array(kept.size());
  for (size_t i = 0; i < kept.size(); ++i) {
    writer.integer(knowing[i] == fan_out.parts().size() || (kept[i] && knowing[i] > 0));
  }
  return true;
}

void script_exists(const LocalCall& call) {
  if (!call.may_ask_shards()) return;
  std::vector<bool> kept;
  for (const std::string_view text : call.args.subspan(2)) {
    const auto digest = wire::parse_sha1(text);
    kept.push_back(digest && call.session.pool().scripts().find(*digest));
  }
  call.routed = to_all_shards(call.session, call.command, call.args,
                              [kept = std::move(kept)](auto& fan_out, auto& out, auto& error) {
                                return merge_exists(kept, fan_out, out, error);
                              });
}

// ---- function libraries

// They are the same on all shards: the one is asked that runs functions without keys.
void ask_one(const LocalCall& call) {
  if (!call.may_ask_shards()) return;
  call.routed = to_one_shard(call.session, call.command, call.args,
                             find_destination(call.session, wire::Slot{0}), &merge_first, true);
}

// ---- while a script runs

// Asks all shards on their control connections, where a script is not in the way. `merge` is told
// of the shards that refused as well.
void ask_past_scripts(const LocalCall& call, FanOut::Merge merge) {
  Session& session = call.session;
  // What this session has asked for before is not overtaken, nor is this by what comes behind.
  if (session.pending() > 0) {
    call.routed = Routed::kWait;
    return;
  }
  session.settle_first();
  const auto& shards = session.pool().shards();
  auto* const fan_out = new FanOut(session.worker(), *session.expect_reply(&call.command),
                                   shards.size(), std::move(merge));
  fan_out->tolerant = true;
  std::vector<std::pair<size_t, std::string>> out_of_reach;
  for (size_t i = 0; i < shards.size(); ++i) {
    Upstream& control = shards[i]->control();
    if (control.connects()) {
      encode_request(control.output(), call.args);
      push_part(*fan_out, i, control, call.command);
    } else {
      const Error error = control.refuse();
      out_of_reach.emplace_back(i, error.code + " " + error.message);
    }
  }
  // The last of these may be the last of all, after which there is no fan-out any more.
  for (const auto& [i, error] : out_of_reach) fan_out->part_failed(i, error);
}

// What says the most about scripts that go on.
int weight_of_refusal(std::string_view line) {
  if (line.starts_with("UNKILLABLE ")) return 4;
  if (line.starts_with("BUSY ")) return 3;  // it runs one of the other kind
  return line.starts_with("NOTBUSY ") ? 1 : 2;
}

std::string_view heaviest_refusal(FanOut& fan_out) {
  std::string_view heaviest;
  for (const Part& part : fan_out.parts()) {
    if (!part.failed) continue;
    if (heaviest.empty() || weight_of_refusal(part.refusal) > weight_of_refusal(heaviest)) {
      heaviest = part.refusal;
    }
  }
  return heaviest;
}

bool merge_killed(FanOut& fan_out, wire::OutputBuffer& out, std::string&) {
  wire::ReplyWriter writer(out);
  for (const Part& part : fan_out.parts()) {
    if (part.failed) continue;
    writer.ok();
    return true;
  }
  writer.error(heaviest_refusal(fan_out));
  return true;
}

void kill(const LocalCall& call) { ask_past_scripts(call, &merge_killed); }

struct RunningFunction {
  std::string_view name;
  std::vector<std::string_view> command;
  int64_t duration_ms = 0;
};

struct FunctionStats {
  std::optional<RunningFunction> running;
  struct Engine {
    std::string_view name;
    int64_t libraries = 0;
    int64_t functions = 0;
  };
  std::vector<Engine> engines;
};

// The fields of a map, in the order in which the servers give them.
bool skip_name(ReplyCursor& reply, std::string_view name) { return reply.string() == name; }

std::optional<RunningFunction> read_running(ReplyCursor& reply) {
  RunningFunction running;
  if (reply.enter_map() != 3 || !skip_name(reply, "name")) return std::nullopt;
  running.name = reply.string().value_or("");
  if (!skip_name(reply, "command")) return std::nullopt;
  for (int64_t left = reply.enter_array().value_or(0); left > 0; --left) {
    running.command.push_back(reply.string().value_or(""));
  }
  if (!skip_name(reply, "duration_ms")) return std::nullopt;
  running.duration_ms = reply.integer().value_or(0);
  return running;
}

// Of FUNCTION STATS in RESP2.
std::optional<FunctionStats> read_stats(ReplyCursor reply) {
  FunctionStats stats;
  if (reply.enter_map() != 2 || !skip_name(reply, "running_script")) return std::nullopt;
  if (reply.type() == '*') {
    stats.running = read_running(reply);
    if (!stats.running) return std::nullopt;
  } else {
    reply.element();  // nil
  }
  if (!skip_name(reply, "engines")) return std::nullopt;
  for (int64_t left = reply.enter_map().value_or(0); left > 0; --left) {
    FunctionStats::Engine engine{reply.string().value_or("")};
    if (reply.enter_map() != 2 || !skip_name(reply, "libraries_count")) return std::nullopt;
    engine.libraries = reply.integer().value_or(0);
    if (!skip_name(reply, "functions_count")) return std::nullopt;
    engine.functions = reply.integer().value_or(0);
    stats.engines.push_back(engine);
  }
  return stats;
}

void write_stats(const FunctionStats& stats, wire::ReplyWriter writer) {
  writer.map(2);
  writer.bulk("running_script");
  if (stats.running) {
    writer.map(3);
    writer.bulk("name");
    writer.bulk(stats.running->name);
    writer.bulk("command");
    writer.array(stats.running->command.size());
    for (const std::string_view word : stats.running->command) writer.bulk(word);
    writer.bulk("duration_ms");
    writer.integer(stats.running->duration_ms);
  } else {
    writer.null();
  }
  writer.bulk("engines");
  writer.map(stats.engines.size());
  for (const FunctionStats::Engine& engine : stats.engines) {
    writer.bulk(engine.name);
    writer.map(2);
    writer.bulk("libraries_count");
    writer.integer(engine.libraries);
    writer.bulk("functions_count");
    writer.integer(engine.functions);
  }
}

// The libraries of any shard, and the function that one of them runs, for longest. A shard that
// runs a script tells nothing but that.
bool merge_stats(FanOut& fan_out, wire::OutputBuffer& out, std::string& error) {
  std::optional<FunctionStats> merged;
  for (Part& part : fan_out.parts()) {
    if (part.failed) continue;
    auto stats = read_stats(ReplyCursor(part.reply.contiguous(fan_out.worker().loop().pool())));
    if (!stats) {
      error = part.source->label() + " sent a reply that does not fit the command";
      return false;
    }
    const auto duration = [](const auto& of) {
      return of->running ? of->running->duration_ms : -1;
    };
    if (!merged || duration(stats) > duration(merged)) merged = std::move(stats);
  }
  const std::string_view refusal = heaviest_refusal(fan_out);
  if (!merged || (!refusal.empty() && !merged->running)) {
    wire::ReplyWriter(out).error(refusal);
  } else {
    write_stats(*merged, wire::ReplyWriter(out, fan_out.protocol()));
  }
  return true;
}

void function_stats(const LocalCall& call) { ask_past_scripts(call, &merge_stats); }

constexpr LocalBinding kBindings[] = {
    {"function|dump", &ask_one},
    {"function|help", &answer_help},
    {"function|kill", &kill},
    {"function|list", &ask_one},
    {"function|stats", &function_stats},
    {"script|exists", &script_exists},
    {"script|flush", &load_or_flush},
    {"script|help", &answer_help},
    {"script|kill", &kill},
    {"script|load", &load_or_flush},
};

}  // namespace

std::span<const LocalBinding> script_bindings() { return kBindings; }

}  // namespace slotway::proxy
