// SLOWLOG: the last commands that took long. They get there by CommandWatch.

#include <algorithm>

#include "backend/commands/bindings.h"
#include "wire/command_error.h"
#include "wire/command_reply.h"

namespace slotway::backend {

namespace {

void write_entry(const SlowLog::Entry& entry, wire::ReplyWriter& reply) {
  reply.array(6);
  reply.integer(static_cast<int64_t>(entry.id));
  reply.integer(entry.at);
  reply.integer(static_cast<int64_t>(entry.took_us));
  reply.array(entry.args.size());
  for (const std::string& text : entry.args) reply.bulk(text);
  reply.bulk(entry.client);
  reply.bulk(entry.client_name);
}

void get(Call& call) {
  constexpr int64_t kUsualCount = 10;
  int64_t count = kUsualCount;
  if (call.args.size() > 3)
    return call.reply.error(wire::subcommand_syntax_error(call.command, call.args));
  if (call.args.size() == 3) {
    const auto number = wire::parse_integer(call.args[2]);
    if (!number || *number < -1) {
      return call.reply.error("ERR count should be greater than or equal to -1");
    }
    count = *number;
  }
  const auto& entries = call.store.slow_log.entries();
  const size_t shown =
      count == -1 ? entries.size() : std::min(entries.size(), static_cast<size_t>(count));
  call.reply.array(shown);
  for (size_t i = 0; i < shown; ++i) write_entry(entries[i], call.reply);
}

void len(Call& call) {
  call.reply.integer(static_cast<int64_t>(call.store.slow_log.entries().size()));
}

void reset(Call& call) {
  call.store.slow_log.reset();
  call.reply.ok();
}

void help(Call& call) {
  wire::write_help_reply(*call.command.container, &is_supported, call.reply);
}

constexpr Binding kBindings[] = {{"slowlog|get", &get},
                                 {"slowlog|len", &len},
                                 {"slowlog|reset", &reset},
                                 {"slowlog|help", &help}};

}  // namespace

std::span<const Binding> slowlog_bindings() { return kBindings; }

}  // namespace slotway::backend
