// DEBUG, for tests: only for clients of this machine.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "backend/commands/bindings.h"
#include "backend/commands/value_report.h"
#include "backend/digest.h"
#include "backend/rdb/payload.h"
#include "backend/rdb/value_maker.h"
#include "backend/settings_rows/values.h"
#include "backend/types/string_value.h"
#include "metrics/log.h"

namespace slotway::backend {

namespace {

// Stops the whole server, as in Redis.
void sleep(const Call& call) {
  const double seconds = std::atof(std::string(call.args[2]).c_str());
  if (seconds > 0 && seconds < 1e6) {
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  }
  call.reply.ok();
}

// ---- values

// Null, and answered, if there is no such key.
const Entry* subject(const Call& call) {
  const Cell* const cell = call.database().find(call.key(2));
  if (!cell) call.reply.error(kNoSuchKey);
  return cell ? cell->entry() : nullptr;
}

void object(const Call& call) {
  const Entry* const entry = subject(call);
  if (!entry) return;
  // As it stands in a dump, without the type and the footer.
  constexpr size_t kAround = 11;
  const size_t serialized =
      dump_payload(entry, call.store.settings.compress_dumps).size() - kAround;
  char text[256];
  const int size = std::snprintf(
      text, sizeof text,
      "Value at:%p refcount:1 encoding:%s serializedlength:%zu lru:%u lru_seconds_idle:%u",
      static_cast<const void*>(entry), std::string(encoding_name(entry)).c_str(), serialized,
      entry->accessed(), idle_seconds(call, entry));
  call.reply.simple({text, static_cast<size_t>(size)});
}

void listpack(const Call& call) {
  const Entry* const entry = subject(call);
  if (!entry) return;
  if (encoding_name(entry) != "listpack") {
    return call.reply.error("ERR Not a listpack encoded object.");
  }
  metrics::log::warn("DEBUG LISTPACK: {} bytes", usage_of(entry));
  call.reply.simple("Listpack structure printed on stdout");
}

void digest(const Call& call) { call.reply.simple(digest_of_all(call.engine())); }

void digest_value(const Call& call) {
  call.reply.array(call.args.size() - 2);
  for (size_t i = 2; i < call.args.size(); ++i) {
    const Cell* const cell = call.database().keyspace().find(call.key(i));
    call.reply.simple(digest_of_value(cell ? cell->entry() : nullptr));
  }
}

// How the keys lie in their tables.
void htstats(const Call& call) {
  const auto index = call.integer(2);
  if (!index) return;
  if (*index < 0 || *index >= call.engine().database_count()) {
    return call.reply.error("ERR Out of range database");
  }
  const Keyspace& keyspace = call.engine().database(static_cast<uint32_t>(*index)).keyspace();
  uint64_t tables = 0;
  for (size_t slot = 0; slot < wire::kSlotCount; ++slot) {
    tables += keyspace.size(static_cast<wire::Slot>(slot)) > 0;
  }
  call.reply.verbatim(
      "txt", "[Dictionary HT]\n number of elements: " + std::to_string(keyspace.size()) +
                 "\n slots with elements: " + std::to_string(tables) +
                 "\n[Expires HT]\n number of elements: " + std::to_string(keyspace.expiring()) +
                 "\n");
}

void populate(const Call& call) {
  const auto count = call.integer(2);
  if (!count) return;
  const auto size = call.args.size() == 5 ? call.integer(4) : std::optional<int64_t>(0);
  if (!size) return;
  if (*count < 0 || *size < 0 || static_cast<uint64_t>(*size) > call.store.settings.max_bulk_size) {
    return call.reply.error("ERR value is out of range, must be positive");
  }
  const std::string prefix(call.args.size() > 3 ? call.args[3] : "key");
  for (int64_t i = 0; i < *count; ++i) {
    const std::string name = prefix + ":" + std::to_string(i);
    const Key key(name);
    if (call.database().find_for_write(key)) continue;
    std::string value = "value:" + std::to_string(i);
    if (*size > 0) value.resize(static_cast<size_t>(*size), '\0');
    call.database().put(key, nullptr,
                        make_text(call.engine().blocks(), name, value, Entry::kNoExpiry));
    call.changed(key, KeyEvent::kString, "set");
  }
  call.reply.ok();
}

// ---- RELOAD: every value becomes a dump and is made anew of it

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

void reload(const Call& call) {
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

// ---- PROTOCOL: one reply of each type

void protocol(const Call& call) {
  wire::ReplyWriter& reply = call.reply;
  const auto three = [&] {
    for (int i = 0; i < 3; ++i) reply.integer(i);
  };
  const bool is_3 = reply.version() >= 3;
  if (call.is(2, "string")) return reply.bulk("Hello World");
  if (call.is(2, "integer")) return reply.integer(12345);
  if (call.is(2, "double")) return reply.real(3.141);
  if (call.is(2, "null")) return reply.null();
  if (call.is(2, "true")) return reply.boolean(true);
  if (call.is(2, "false")) return reply.boolean(false);
  if (call.is(2, "verbatim")) return reply.verbatim("txt", "This is a verbatim\nstring");
  if (call.is(2, "bignum")) {
    constexpr std::string_view kNumber = "1234567999999999999999999999999999999";
    if (!is_3) return reply.bulk(kNumber);
    return reply.raw("(" + std::string(kNumber) + "\r\n");
  }
  if (call.is(2, "array")) {
    reply.array(3);
    return three();
  }
  if (call.is(2, "set")) {
    reply.set(3);
    return three();
  }
  if (call.is(2, "map")) {
    reply.map(3);
    for (int i = 0; i < 3; ++i) {
      reply.integer(i);
      reply.boolean(i == 1);
    }
    return;
  }
  if (call.is(2, "attrib")) {
    if (is_3) {
      reply.raw("|1\r\n");
      reply.bulk("key-popularity");
      reply.array(2);
      reply.bulk("key:123");
      reply.integer(90);
    }
    return reply.bulk("Some real reply following the attribute");
  }
  if (call.is(2, "push")) {
    if (!is_3) return reply.error("ERR RESP2 is not supported by this command");
    reply.push(2);
    reply.bulk("server-cpu-usage");
    reply.integer(42);
    return reply.bulk("Some real reply following the push reply");
  }
  reply.error(
      "ERR Wrong protocol type name. Please use one of the following: "
      "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false");
}

// ---- the rest

void set_active_expire(const Call& call) {
  call.store.settings.active_expiry = std::atoi(std::string(call.args[2]).c_str()) != 0;
  call.reply.ok();
}

// From which size on an element of a list has a node of its own; 0: by the size of nodes.
void packed_threshold(const Call& call) {
  constexpr uint64_t kMost = (uint64_t{4} << 30) - (1 << 20);
  const auto size = parse_bytes(call.args[2]);
  if (!size || *size > kMost) {
    return call.reply.error(
        "ERR argument must be a memory value bigger than 1 and smaller than 4gb");
  }
  call.store.settings.list_plain_bytes = *size;
  call.reply.ok();
}

void write_error(const Call& call) { call.reply.error(call.args[2]); }

void log(const Call& call) {
  metrics::log::warn("DEBUG LOG: {}", wire::excerpt(call.args[2]));
  call.reply.ok();
}

// What is nothing to the store.
void nothing(const Call& call) { call.reply.ok(); }

void help(const Call& call);

struct Subcommand {
  std::string_view name;
  size_t least;  // arguments, DEBUG included
  size_t most;
  void (*run)(const Call& call);
};

constexpr size_t kAnyNumber = SIZE_MAX;
constexpr Subcommand kSubcommands[] = {
    {"change-repl-id", 2, 2, &nothing},
    {"dict-resizing", 3, 3, &nothing},
    {"digest", 2, 2, &digest},
    {"digest-value", 2, kAnyNumber, &digest_value},
    {"error", 3, 3, &write_error},
    {"help", 2, 2, &help},
    {"htstats", 3, 3, &htstats},
    {"listpack", 3, 3, &listpack},
    {"listpack-entries", 3, 3, &nothing},
    {"log", 3, 3, &log},
    {"object", 3, 3, &object},
    {"pause-cron", 3, 3, &nothing},
    {"populate", 3, 5, &populate},
    {"protocol", 3, 3, &protocol},
    {"quicklist-packed-threshold", 3, 3, &packed_threshold},
    {"reload", 2, kAnyNumber, &reload},
    {"replybuffer", 4, 4, &nothing},
    {"set-active-expire", 3, 3, &set_active_expire},
    {"set-disable-deny-scripts", 3, 3, &nothing},
    {"sleep", 3, 3, &sleep},
    {"stringmatch-len", 4, 4, &nothing},
};

void help(const Call& call) {
  call.reply.array(std::size(kSubcommands) + 1);
  call.reply.simple("DEBUG <subcommand> [<arg> ...]. For tests; clients of this machine only:");
  for (const Subcommand& subcommand : kSubcommands) call.reply.simple(subcommand.name);
}

void debug(Call& call) {
  if (!call.client.is_local()) {
    return call.reply.error(
        "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", "
        "you can run it from a local connection, otherwise you need to set this option in the "
        "configuration file, and then restart the server.");
  }
  const size_t count = call.args.size();
  for (const Subcommand& subcommand : kSubcommands) {
    if (call.is(1, subcommand.name) && count >= subcommand.least && count <= subcommand.most) {
      return subcommand.run(call);
    }
  }
  call.reply.error("ERR unknown subcommand or wrong number of arguments for '" +
                   wire::excerpt(call.args[1]) + "'. Try DEBUG HELP.");
}

constexpr Binding kBindings[] = {{"debug", &debug}};

}  // namespace

std::span<const Binding> debug_bindings() { return kBindings; }

}  // namespace slotway::backend
