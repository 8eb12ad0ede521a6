// The server as such: TIME, COMMAND, SHUTDOWN, and what a server without disk or replicas answers.

#include <chrono>
#include <string>

#include "backend/commands/bindings.h"
#include "backend/commands/timeout_argument.h"
#include "wire/command_error.h"
#include "wire/command_reply.h"
#include "wire/greeting.h"

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

void role(Call& call) {
  call.reply.array(3);
  call.reply.bulk("master");
  call.reply.integer(0);
  call.reply.array(0);
}

// As in Redis as long as nothing was saved: when the server started.
void lastsave(Call& call) {
  const Clock& clock = call.engine().clock();
  const int64_t up_ms = (clock.steady_us() - call.store.started_us) / 1000;
  call.reply.integer((clock.wall_ms() - up_ms) / 1000);
}

// Keys that find their slots.
void lolwut(Call& call) {
  constexpr int kWidth = 32;
  constexpr int kHeight = 6;
  std::string text;
  for (int row = 0; row < kHeight; ++row) {
    for (int column = 0; column < kWidth; ++column) {
      text += call.engine().random() % 4 == 0 ? "o" : ".";
    }
    text += '\n';
  }
  call.reply.verbatim(
      "txt", text + "\nslotway-store. Redis ver. " + std::string(wire::kRedisVersion) + "\n");
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
    {"role", &role},
    {"lastsave", &lastsave},
    {"lolwut", &lolwut},
    {"function|flush", &function_flush},
};

}  // namespace

std::span<const Binding> server_bindings() { return kBindings; }

}  // namespace slotway::backend
