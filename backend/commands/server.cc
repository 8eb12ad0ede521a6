// The server as such: TIME, COMMAND, SHUTDOWN, and what a server without disk or replicas answers.

#include <chrono>
#include <string>

#include "backend/commands/bindings.h"
#include "backend/commands/timeout_argument.h"
#include "wire/command_error.h"
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

// There are no replicas to wait for.
void wait(Call& call) {
  if (call.integer(1) && deadline_ms_argument(call, 2)) call.reply.integer(0);
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

// There are no functions, so that all of them are gone afterwards.
void function_flush(Call& call) {
  const size_t count = call.args.size();
  if (count > 3) return call.reply.error(wire::subcommand_syntax_error(call.command, call.args));
  if (count == 3 && !call.is(2, "sync") && !call.is(2, "async")) {
    return call.reply.error("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
  }
  call.reply.ok();
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
    {"wait", &wait},
    {"function|flush", &function_flush},
};

}  // namespace

std::span<const Binding> server_bindings() { return kBindings; }

}  // namespace slotway::backend
