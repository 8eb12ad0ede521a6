#include "config/shards.h"

#include <algorithm>
#include <map>

#include "config/address.h"
#include "config/credentials.h"
#include "config/scalar.h"
#include "config/slot_plan.h"

namespace slotway::config {

namespace {

constexpr size_t kShownGaps = 5;

// Two shards on one server would count and list its keys twice; a replica that is another shard's
// server has other keys; a pool that is its own shard would forward for ever.
void check_server(Reading& reading, const Field& field, const Pool& pool, const Address& server,
                  std::map<std::string, std::string>& shard_at) {
  if (server.kind == Address::Kind::kEmbedded) return;
  if (std::find(pool.listen.begin(), pool.listen.end(), server) != pool.listen.end()) {
    note_unexpected(reading.fault, field,
                    "expected another address than the pool itself listens on");
  }
  const auto [other, is_new] = shard_at.try_emplace(server.text(), pool.shards.back().name);
  if (!is_new) {
    note_unexpected(reading.fault, field,
                    "expected another address than that of shard " + quoted(other->second));
  }
}

// Behind the primary, whose address is in `shard_at` already.
void read_replicas(Reading& reading, const Field& field, Pool& pool,
                   std::map<std::string, std::string>& shard_at) {
  Shard& shard = pool.shards.back();
  if (shard.primary.kind == Address::Kind::kEmbedded) {
    reading.fault.note(field.at, "replicas: expected none, an embedded shard has no replicas");
    return;
  }
  for (const Field& item : one_or_more(reading.fault, field)) {
    Address replica;
    if (!read_scalar(reading.fault, item, parse_shard_address, replica)) continue;
    if (replica.kind == Address::Kind::kEmbedded) {
      note_unexpected(reading.fault, item, "expected HOST:PORT or unix:/path");
    }
    check_server(reading, item, pool, replica, shard_at);
    shard.replicas.push_back(std::move(replica));
  }
}

void read_shard(Reading& reading, const Section& section, const Credentials& upstream, Pool& pool,
                std::map<std::string, std::string>& shard_at) {
  Shard& shard = pool.shards.back();
  const auto primary = section.require("primary", "HOST:PORT, unix:/path or embedded");
  if (primary && read_scalar(reading.fault, *primary, parse_shard_address, shard.primary)) {
    check_server(reading, *primary, pool, shard.primary, shard_at);
  }
  const bool embedded = shard.primary.kind == Address::Kind::kEmbedded;
  if (const auto replicas = section.find("replicas")) {
    read_replicas(reading, *replicas, pool, shard_at);
  }
  const auto own_upstream = section.find("upstream");
  if (own_upstream && embedded) {
    reading.fault.note(own_upstream->at,
                       "upstream: expected none, an embedded shard has no password");
  } else if (own_upstream) {
    shard.credentials = read_credentials(reading, *own_upstream, {}, parse_text);
  } else if (!embedded) {
    shard.credentials = upstream;
  }
}

void read_slots(Reading& reading, const Field& field, Pool& pool) {
  const auto index = static_cast<uint16_t>(pool.shards.size() - 1);
  for (const Field& item : one_or_more(reading.fault, field)) {
    SlotRange range;
    if (!read_scalar(reading.fault, item, parse_slot_range, range)) continue;
    if (const auto owner = claim(pool.slot_owner, range, index)) {
      note_unexpected(reading.fault, item,
                      "expected slots that no shard has yet (shard " +
                          quoted(pool.shards[*owner].name) + " has some of these)");
    }
  }
}

}  // namespace

void read_shards(Reading& reading, const Field& field, const Credentials& upstream, Pool& pool) {
  pool.slot_owner.fill(kNoShard);
  const std::vector<Field> fields = named_fields(reading.fault, field);
  if (fields.size() > wire::kSlotCount) {
    reading.fault.note(field.at, "shards: expected at most 16384, one for each slot");
    return;
  }
  size_t with_slots = 0;
  std::optional<Field> without_slots;           // the first
  std::map<std::string, std::string> shard_at;  // address to name
  for (const Field& shard_field : fields) {
    pool.shards.push_back({std::string(shard_field.key), {}, {}, {}, {}});
    const Section section(reading.fault, shard_field, {"primary", "replicas", "slots", "upstream"});
    read_shard(reading, section, upstream, pool, shard_at);
    if (const auto slots = section.find("slots")) {
      ++with_slots;
      read_slots(reading, *slots, pool);
    } else if (!without_slots) {
      without_slots = shard_field;
    }
  }
  if (reading.fault.found()) return;
  if (with_slots == 0) {
    spread_evenly(pool.slot_owner, pool.shards.size());
  } else if (without_slots) {
    reading.fault.note(without_slots->at, "'slots' is missing in " + printable(without_slots->key) +
                                              ", expected in every shard of a pool or in none");
  }
  const auto gaps = ranges_of(pool.slot_owner, kNoShard);
  if (!gaps.empty() && !pool.allow_gaps) {
    reading.fault.note(
        field.at, "shards: expected an owner for each slot or 'allow_gaps: true', no shard has " +
                      ranges_text(gaps, kShownGaps));
  }
  uint16_t index = 0;
  for (Shard& shard : pool.shards) shard.slots = ranges_of(pool.slot_owner, index++);
}

}  // namespace slotway::config
