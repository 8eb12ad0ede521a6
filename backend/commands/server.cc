// The server as such: TIME, COMMAND, SHUTDOWN, and what a server without disk or replicas answers.

#include <chrono>
#include <string>

#include "backend/commands/bindings.h"
#include "wire/command_reply.h"

namespace slotway::backend {

namespace {

void time(Call& call) {
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  call.reply.array(2);
  call.reply.bulk(std::to_string(now / 1000000));
  call.reply.bulk(std::to_string(now % 1000000));
}

void command(Call& call) {
  wire::write_command_reply(call.command, call.args, &is_supported, call.reply);
}

void shutdown(Call& call) {
  for (size_t i = 1; i < call.args.size(); ++i) {
    if (!call.is(i, "nosave") && !call.is(i, "save") && !call.is(i, "now") &&
        !call.is(i, "force")) {
      return call.reply.error(kSyntaxError);
    }
  }
  if (!call.store.shutdown) {
    return call.reply.error("ERR this server is part of another program, which ends it");
  }
  call.store.shutdown();
  call.client.finish("shutdown");
}

constexpr Binding kBindings[] = {
    {"time", &time},
    {"command", &command},
    {"command|count", &command},
    {"command|info", &command},
    {"command|list", &command},
    {"command|docs", &command},
    {"command|getkeys", &command},
    {"command|getkeysandflags", &command},
    {"command|help", &command},
    {"shutdown", &shutdown},
};

}  // namespace

std::span<const Binding> server_bindings() { return kBindings; }

}  // namespace slotway::backend
