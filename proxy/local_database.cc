// SELECT: which database the commands that follow are for.

#include "proxy/local_commands.h"
#include "proxy/worker.h"
#include "wire/number.h"

namespace slotway::proxy {

namespace {

constexpr int64_t kDatabases = 16;

// Whether all shards that can be asked have it: servers in cluster mode have one only. Those that
// are out of reach are asked before the first command for them.
Destination find_everywhere(Session& session, uint8_t database) {
  const Lane lane{Lane::Kind::kDatabases, static_cast<uint8_t>(session.protocol())};
  Destination found{Destination::State::kNotServed};
  bool hold = false;
  for (const auto& shard : session.pool().shards()) {
    Upstream& upstream = shard->primary().of(lane);
    if (!upstream.available()) {
      if (!found.ready()) found = {Destination::State::kUnreachable, database, &upstream};
      continue;
    }
    found = {Destination::State::kReady, database, &upstream};
    const Abilities::State has = upstream.has_database(database);
    if (has == Abilities::State::kNo) {
      return {Destination::State::kNoDatabase, database, &upstream};
    }
    hold = hold || has != Abilities::State::kYes;
  }
  return hold ? Destination{Destination::State::kHold} : found;
}

void select(const LocalCall& call) {
  const auto database = wire::parse_integer(call.args[1]);
  if (!database) return call.error("ERR value is not an integer or out of range");
  if (*database < 0 || *database >= kDatabases) {
    return call.error("ERR DB index is out of range");
  }
  Session& session = call.session;
  const auto number = static_cast<uint8_t>(*database);
  if (number > 0) {
    const Destination everywhere = find_everywhere(session, number);
    if (everywhere.hold()) {
      call.routed = Routed::kHold;
      return;
    }
    if (!everywhere.ready()) return call.error(everywhere.error());
  }
  session.use_database(number);
  call.ok();
}

constexpr LocalBinding kBindings[] = {{"select", &select}};

}  // namespace

std::span<const LocalBinding> database_bindings() { return kBindings; }

}  // namespace slotway::proxy
