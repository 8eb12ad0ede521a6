// DEBUG RELOAD: every value becomes a dump and is made anew of it.

#include <string>
#include <vector>

#include "backend/commands/debug.h"
#include "backend/rdb/payload.h"
#include "backend/rdb/value_maker.h"

namespace slotway::backend {

namespace {

struct Dumped {
  std::string key;
  std::string payload;
  int64_t expiry_ms;
};

std::vector<Dumped> dump_all(const Database& database) {
  std::vector<Dumped> all;
  database.keyspace().for_each([&](const Entry* entry) {
    all.push_back({std::string(entry->key()), dump_payload(entry, true), entry->expiry_ms()});
  });
  return all;
}

bool are_sound(const std::vector<Dumped>& all) {
  for (const Dumped& dumped : all) {
    RdbValue value;
    if (!is_payload(dumped.payload) || !decode_payload(dumped.payload, value)) return false;
  }
  return true;
}

void restore_all(const Call& call, Database& database, const std::vector<Dumped>& all) {
  database.clear(/*lazily=*/false);
  for (const Dumped& dumped : all) {
    RdbValue value;
    if (!decode_payload(dumped.payload, value)) continue;
    put_value(call.engine(), database, Key(dumped.key), value, call.store.settings,
              dumped.expiry_ms);
  }
}

}  // namespace

void debug_reload(const Call& call) {
  for (size_t i = 2; i < call.args.size(); ++i) {
    if (!call.is(i, "merge") && !call.is(i, "noflush") && !call.is(i, "nosave")) {
      return call.reply.error(
          "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
    }
  }
  if (call.args.size() > 2) {
    return call.reply.error("ERR there is no file that could be loaded");
  }
  for (uint32_t i = 0; i < call.engine().database_count(); ++i) {
    Database& database = call.engine().database(i);
    const std::vector<Dumped> all = dump_all(database);
    if (!are_sound(all)) return call.reply.error("ERR Error trying to load the RDB dump");
    restore_all(call, database, all);
  }
  call.reply.ok();
}

}  // namespace slotway::backend
