// DEBUG, for tests: only for clients of this machine.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "backend/commands/bindings.h"
#include "backend/commands/value_report.h"
#include "backend/settings_rows/values.h"
#include "backend/types/string_value.h"

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

void object(const Call& call) {
  const Cell* const cell = call.database().find(call.key(2));
  if (!cell) return call.reply.error(kNoSuchKey);
  const Entry* const entry = cell->entry();
  char text[256];
  const int size = std::snprintf(
      text, sizeof text,
      "Value at:%p refcount:1 encoding:%s serializedlength:%zu lru:%u lru_seconds_idle:%u",
      static_cast<const void*>(entry), std::string(encoding_name(entry)).c_str(),
      entry->type() == Type::kString ? string_size(entry) + 1 : usage_of(entry), entry->accessed(),
      idle_seconds(call, entry));
  call.reply.simple({text, static_cast<size_t>(size)});
}

void set_active_expire(const Call& call) {
  call.store.settings.active_expiry = call.args[2] != "0";
  call.reply.ok();
}

// From which size on an element of a list has a node of its own; 0: by the size of nodes.
void set_plain_threshold(const Call& call) {
  constexpr uint64_t kMost = (4ull << 30) - (1 << 20);
  const auto bytes = parse_bytes(call.args[2]);
  if (!bytes || *bytes > kMost) {
    return call.reply.error(
        "ERR argument must be a memory value bigger than 1 and smaller than 4gb");
  }
  call.store.settings.list_plain_bytes = *bytes;
  call.reply.ok();
}

void help(const Call& call) {
  constexpr std::string_view kLines[] = {
      "DEBUG <subcommand> [<arg> ...]. For tests; clients of this machine only:",
      "OBJECT <key>",
      "QUICKLIST-PACKED-THRESHOLD <bytes>",
      "SET-ACTIVE-EXPIRE <0|1>",
      "SLEEP <seconds>",
      "HELP"};
  call.reply.array(std::size(kLines));
  for (const std::string_view line : kLines) call.reply.simple(line);
}

void debug(Call& call) {
  if (!call.client.is_local()) {
    return call.reply.error(
        "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", "
        "you can run it from a local connection, otherwise you need to set this option in the "
        "configuration file, and then restart the server.");
  }
  const bool has_argument = call.args.size() == 3;
  if (has_argument && call.is(1, "sleep")) return sleep(call);
  if (has_argument && call.is(1, "object")) return object(call);
  if (has_argument && call.is(1, "set-active-expire")) return set_active_expire(call);
  if (has_argument && call.is(1, "quicklist-packed-threshold")) return set_plain_threshold(call);
  if (!has_argument && call.is(1, "help")) return help(call);
  call.reply.error("ERR unknown subcommand or wrong number of arguments for '" +
                   wire::excerpt(call.args[1]) + "'. Try DEBUG HELP.");
}

constexpr Binding kBindings[] = {{"debug", &debug}};

}  // namespace

std::span<const Binding> debug_bindings() { return kBindings; }

}  // namespace slotway::backend
