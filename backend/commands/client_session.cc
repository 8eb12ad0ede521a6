// The CLIENT family, as far as it is about the own session, and CLIENT PAUSE.

#include "backend/commands/bindings.h"
#include "backend/sessions/blocked_clients.h"
#include "wire/command_error.h"
#include "wire/command_reply.h"
#include "wire/greeting.h"

namespace slotway::backend {

namespace {

using ReplyMode = Client::ReplyMode;

void id(Call& call) { call.reply.integer(static_cast<int64_t>(call.client.id())); }

void setname(Call& call) {
  if (!wire::is_client_name(call.args[2])) return call.reply.error(wire::kBadClientName);
  call.client.name = call.args[2];
  call.reply.ok();
}

void getname(Call& call) {
  if (call.client.name.empty()) return call.reply.null();
  call.reply.bulk(call.client.name);
}

void setinfo(Call& call) {
  const bool is_name = call.is(2, "lib-name");
  if (!is_name && !call.is(2, "lib-ver")) {
    return call.reply.error("ERR Unrecognized option '" + wire::excerpt(call.args[2]) + "'");
  }
  if (!wire::is_client_name(call.args[3])) {
    return call.reply.error(std::string(is_name ? "ERR lib-name" : "ERR lib-ver") +
                            " cannot contain spaces, newlines or special characters.");
  }
  (is_name ? call.client.library_name : call.client.library_version) = call.args[3];
  call.reply.ok();
}

void no_evict(Call& call) {
  const bool on = call.is(2, "on");
  if (!on && !call.is(2, "off")) return call.reply.error(kSyntaxError);
  call.client.no_evict = on;
  call.reply.ok();
}

// OFF and SKIP are not answered themselves.
void reply_mode(Call& call) {
  ReplyMode& mode = call.client.reply_mode;
  if (call.is(2, "on")) {
    mode = ReplyMode::kOn;
    call.reply.ok();
  } else if (call.is(2, "off")) {
    mode = ReplyMode::kOff;
  } else if (call.is(2, "skip")) {
    if (mode != ReplyMode::kOff) mode = ReplyMode::kSkipNext;
  } else {
    call.reply.error(kSyntaxError);
  }
}

void pause(Call& call) {
  auto kind = Clients::Pause::kAll;
  if (call.args.size() > 4) {
    return call.reply.error(wire::subcommand_syntax_error(call.command, call.args));
  }
  if (call.args.size() == 4) {
    if (call.is(3, "write")) {
      kind = Clients::Pause::kWrites;
    } else if (!call.is(3, "all")) {
      return call.reply.error("ERR CLIENT PAUSE mode must be WRITE or ALL");
    }
  }
  const auto ms = wire::parse_integer(call.args[2]);
  if (!ms) return call.reply.error("ERR timeout is not an integer or out of range");
  if (*ms < 0) return call.reply.error("ERR timeout is negative");
  const auto now_ms = static_cast<int64_t>(call.store.loop.now_ms());
  int64_t until_ms = 0;
  // What no clock will show is over, as in Redis.
  if (__builtin_add_overflow(*ms, now_ms, &until_ms)) until_ms = 0;
  call.store.clients.pause(kind, static_cast<uint64_t>(until_ms));
  call.reply.ok();
}

void unpause(Call& call) {
  call.store.clients.resume();
  call.reply.ok();
}

void unblock(Call& call) {
  if (call.args.size() > 4) {
    return call.reply.error(wire::subcommand_syntax_error(call.command, call.args));
  }
  if (call.args.size() == 4 && !call.is(3, "timeout") && !call.is(3, "error")) {
    return call.reply.error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
  }
  const auto id = call.integer(2);
  if (!id) return;
  Client* const waiting = call.store.clients.find_open(static_cast<uint64_t>(*id));
  if (!waiting || !waiting->wait) return call.reply.integer(0);
  const bool is_error = call.args.size() == 4 && call.is(3, "error");
  waiting->end_wait(is_error ? Client::WaitEnd::kUnblocked : Client::WaitEnd::kTimeout);
  call.reply.integer(1);
}

void help(Call& call) {
  wire::write_help_reply(*call.command.container, &is_supported, call.reply);
}

constexpr Binding kBindings[] = {
    {"client|id", &id},           {"client|setname", &setname},   {"client|getname", &getname},
    {"client|setinfo", &setinfo}, {"client|no-evict", &no_evict}, {"client|reply", &reply_mode},
    {"client|pause", &pause},     {"client|unpause", &unpause},   {"client|unblock", &unblock},
    {"client|help", &help},
};

}  // namespace

std::span<const Binding> client_session_bindings() { return kBindings; }

}  // namespace slotway::backend
