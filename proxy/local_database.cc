// SELECT: which database the commands that follow are for.

#include "proxy/fan_out.h"
#include "proxy/local_commands.h"
#include "proxy/request_encoding.h"
#include "proxy/worker.h"
#include "wire/number.h"

namespace slotway::proxy {

namespace {

constexpr int64_t kDatabases = 16;

// Before the first use of a database all shards are asked whether they have it: servers in cluster
// mode have one only. The session goes on when they have answered.
void ask_shards(const LocalCall& call, uint8_t database) {
  Session& session = call.session;
  const auto& shards = session.pool().shards();
  const Lane lane{Lane::Kind::kDatabases, static_cast<uint8_t>(session.protocol())};
  for (const auto& shard : shards) {
    const Upstream& upstream = shard->primary().of(lane);
    if (!upstream.available()) {
      const Error error = upstream.unavailable();
      return call.error(error.code + " " + error.message);
    }
  }
  auto merge = [database](FanOut& fan_out, wire::OutputBuffer& out, std::string&) {
    Session& asking = *fan_out.parent()->session;
    asking.pool().known_databases |= static_cast<uint16_t>(1u << database);
    asking.use_database(database);
    wire::ReplyWriter(out).ok();
    return true;
  };
  auto* const fan_out = new FanOut(session.worker(), *session.expect_reply(&call.command),
                                   shards.size(), std::move(merge));
  for (size_t i = 0; i < shards.size(); ++i) {
    Upstream& upstream = shards[i]->primary().of(lane);
    encode_request(upstream.output(), call.args);
    upstream.forget_database();
    push_part(*fan_out, i, upstream, call.command);
  }
  session.settle_first();
}

void select(const LocalCall& call) {
  const auto database = wire::parse_integer(call.args[1]);
  if (!database) return call.error("ERR value is not an integer or out of range");
  if (*database < 0 || *database >= kDatabases) {
    return call.error("ERR DB index is out of range");
  }
  Session& session = call.session;
  const auto number = static_cast<uint8_t>(*database);
  if (session.pool().known_databases >> number & 1) {
    session.use_database(number);
    return call.ok();
  }
  ask_shards(call, number);
}

constexpr LocalBinding kBindings[] = {{"select", &select}};

}  // namespace

std::span<const LocalBinding> database_bindings() { return kBindings; }

}  // namespace slotway::proxy
