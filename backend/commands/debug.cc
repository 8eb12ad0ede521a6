// DEBUG, for tests: only for clients of this machine.

#include "backend/commands/debug.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "backend/commands/bindings.h"
#include "backend/commands/value_report.h"
#include "backend/digest.h"
#include "backend/rdb/payload.h"
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

// ---- switches

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
    {"protocol", 3, 3, &debug_protocol},
    {"quicklist-packed-threshold", 3, 3, &packed_threshold},
    {"reload", 2, kAnyNumber, &debug_reload},
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
