#include "proxy/local/database.h"

#include "proxy/local/local_commands.h"
#include "proxy/worker.h"
#include "wire/number.h"

namespace slotway::proxy {

DatabaseNumber parse_database(std::string_view text) {
  constexpr int64_t kDatabases = 16;
  const auto number = wire::parse_integer(text);
  if (!number) return {.error = "ERR value is not an integer or out of range"};
  if (*number < 0 || *number >= kDatabases) return {.error = "ERR DB index is out of range"};
  return {static_cast<uint8_t>(*number)};
}

Destination find_database(Session& session, uint8_t database) {
  if (database == 0) return {Destination::State::kReady};
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

namespace {

void select(const LocalCall& call) {
  const DatabaseNumber database = parse_database(call.args[1]);
  if (!database.error.empty()) return call.error(database.error);
  const Destination everywhere = find_database(call.session, database.number);
  if (everywhere.hold()) {
    call.routed = Routed::kHold;
    return;
  }
  if (!everywhere.ready()) return call.error(everywhere.error());
  call.session.use_database(database.number);
  call.ok();
}

constexpr LocalBinding kBindings[] = {{"select", &select}};

}  // namespace

std::span<const LocalBinding> database_bindings() { return kBindings; }

}  // namespace slotway::proxy
