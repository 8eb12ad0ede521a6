// What CLIENT does to other clients' commands: PAUSE, UNPAUSE, UNBLOCK.

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "proxy/fanout/gather.h"
#include "proxy/fanout/merge.h"
#include "proxy/local/local_commands.h"
#include "proxy/request_encoding.h"
#include "proxy/worker.h"
#include "wire/number.h"
#include "wire/text.h"

namespace slotway::proxy {

namespace {

std::string too_many(const LocalCall& call) {
  return "ERR unknown subcommand or wrong number of arguments for '" + wire::excerpt(call.args[1]) +
         "'. Try CLIENT HELP.";
}

// ---- PAUSE, UNPAUSE: answered when every worker does it

// Has every worker run `change(Worker&, Pool&)`.
template <typename Change>
void change_pools(const LocalCall& call, Change change) {
  call.session.settle_first();  // what comes behind is held already
  gather(
      call.session, call.command,
      [change, name = call.session.pool().settings().name](Worker& worker) {
        if (Pool* const pool = worker.pool_named(name)) change(worker, *pool);
        return std::string("+OK\r\n");
      },
      &merge_first);
}

// Asks a shard for its functions, as part 0, and then has every worker run
// `change(Worker&, Pool&, functions that do not write)`; that all have is part 1.
template <typename Change>
void begin_pause(const LocalCall& call, Change change) {
  Session& session = call.session;
  Worker& origin = session.worker();
  session.settle_first();
  auto* const fan_out = new FanOut(origin, *session.expect_reply(&call.command), 2,
                                   [](FanOut&, wire::OutputBuffer& out, std::string&) {
                                     wire::ReplyWriter(out).ok();
                                     return true;
                                   });
  fan_out->tolerant = true;
  Upstream& shard = session.pool().shard(0).primary().main();
  if (shard.available()) {
    encode_request(shard.output(), {"FUNCTION", "LIST"});
    push_part(*fan_out, 0, shard, call.command);
  } else {
    fan_out->part_failed(0, "ERR");
  }
  origin.try_until_done([=, &origin, name = session.pool().settings().name] {
    Part& listed = fan_out->parts()[0];
    // Not kept for a client that is gone.
    if (fan_out->parent() && !listed.failed && listed.reply.empty()) return false;
    std::vector<std::string> functions;
    if (!listed.reply.empty()) {
      functions = readonly_functions(listed.reply.contiguous(origin.loop().pool()));
    }
    ask_workers(
        origin,
        [=](Worker& worker) {
          if (Pool* const pool = worker.pool_named(name)) change(worker, *pool, functions);
          return std::optional(true);
        },
        [fan_out](const std::vector<bool>&) { fan_out->part_done(1, ReplyView("+OK\r\n")); });
    return true;
  });
}

void pause(const LocalCall& call) {
  if (call.args.size() > 4) return call.error(too_many(call));
  Pause::Kind kind = Pause::Kind::kAll;
  if (call.args.size() == 4 && wire::equal_ignoring_case(call.args[3], "write")) {
    kind = Pause::Kind::kWrites;
  } else if (call.args.size() == 4 && !wire::equal_ignoring_case(call.args[3], "all")) {
    return call.error("ERR CLIENT PAUSE mode must be WRITE or ALL");
  }
  const auto timeout = wire::parse_integer(call.args[2]);
  if (!timeout) return call.error("ERR timeout is not an integer or out of range");
  if (*timeout < 0) return call.error("ERR timeout is negative");
  const uint64_t now_ms = call.session.worker().loop().now_ms();
  const uint64_t until_ms = *timeout == 0 ? 0 : now_ms + static_cast<uint64_t>(*timeout);
  begin_pause(call, [=](Worker& worker, Pool& pool, const std::vector<std::string>& functions) {
    pool.pause().extend(kind, until_ms, now_ms);
    pool.pause().readonly_scripts().add_functions(functions);
    worker.update_guards(pool);
  });
}

void unpause(const LocalCall& call) {
  change_pools(call, [](Worker& worker, Pool& pool) { worker.end_pause(pool); });
}

// ---- UNBLOCK

using ClientIds = std::map<std::string, int64_t>;  // by the shard's name

// The question to the shards where the session waits, by the connections of the worker that looks
// for it.
struct Question {
  Worker& origin;
  const wire::Command& command;
  FanOut& fan_out;
  std::string pool;
  std::string reason;
  std::vector<std::string> shards;  // by the parts of `fan_out`
};

void ask_shards(const Question& question, const ClientIds& ids) {
  const Pool* const pool = question.origin.pool_named(question.pool);
  for (size_t i = 0; i < question.shards.size(); ++i) {
    const auto id = ids.find(question.shards[i]);
    Upstream* upstream = nullptr;
    for (size_t at = 0; id != ids.end() && pool && at < pool->shards().size(); ++at) {
      ShardConnections& shard = *pool->shards()[at];
      if (shard.shard().name == id->first) upstream = &shard.primary().main();
    }
    if (!upstream || !upstream->available()) {
      question.fan_out.part_done(i, ReplyView(":0\r\n"));
      continue;
    }
    encode_request(upstream->output(),
                   {"CLIENT", "UNBLOCK", std::to_string(id->second), question.reason});
    push_part(question.fan_out, i, *upstream, question.command);
  }
}

// What the session waits for at the shards; none until they have told who it is to them.
std::optional<ClientIds> ids_of(Worker& worker, uint64_t id, const std::string& pool) {
  ClientIds ids;
  const auto session = worker.sessions().find(id);
  if (session == worker.sessions().end() || session->second->pool().settings().name != pool) {
    return ids;
  }
  for (const PinLease& pin : session->second->waits()) {
    if (!pin.available()) continue;
    if (pin->client_id() == 0) return std::nullopt;
    if (pin->client_id() < 0) continue;
    pin.keep_from_others();  // they would be meant when the shard reads this
    ids[pin->shard().name] = pin->client_id();
  }
  return ids;
}

bool any_unblocked(FanOut& fan_out, wire::OutputBuffer& out, std::string&) {
  const bool any = std::ranges::any_of(
      fan_out.parts(), [&](Part& part) { return part.reply.contiguous(out.pool()) == ":1\r\n"; });
  wire::ReplyWriter(out).integer(any);
  return true;
}

void unblock(const LocalCall& call) {
  if (call.args.size() > 4) return call.error(too_many(call));
  std::string reason = "TIMEOUT";
  if (call.args.size() == 4 && wire::equal_ignoring_case(call.args[3], "error")) {
    reason = "ERROR";
  } else if (call.args.size() == 4 && !wire::equal_ignoring_case(call.args[3], "timeout")) {
    return call.error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
  }
  const auto id = wire::parse_integer(call.args[2]);
  if (!id) return call.error("ERR value is not an integer or out of range");
  Session& session = call.session;
  Worker& origin = session.worker();
  const std::string& pool = session.pool().settings().name;
  std::vector<std::string> shards;
  for (const auto& shard : session.pool().shards()) shards.push_back(shard->shard().name);
  auto* const fan_out =
      new FanOut(origin, *session.expect_reply(&call.command), shards.size(), &any_unblocked);
  const Question question{origin, call.command, *fan_out, pool, reason, std::move(shards)};
  ask_workers(
      origin,
      [pool, id = static_cast<uint64_t>(*id)](Worker& worker) { return ids_of(worker, id, pool); },
      [question](const std::vector<ClientIds>& answers) {
        ClientIds ids;  // it is at one of the workers
        for (const ClientIds& of_worker : answers) ids.insert(of_worker.begin(), of_worker.end());
        ask_shards(question, ids);
      });
}

constexpr LocalBinding kBindings[] = {
    {"client|pause", &pause},
    {"client|unblock", &unblock},
    {"client|unpause", &unpause},
};

}  // namespace

std::span<const LocalBinding> client_control_bindings() { return kBindings; }

}  // namespace slotway::proxy
