// The connection: PING, ECHO, QUIT, AUTH, HELLO, RESET.

#include <string>

#include "backend/commands/bindings.h"
#include "wire/command_error.h"
#include "wire/greeting.h"

namespace slotway::backend {

namespace {

void ping(Call& call) {
  if (call.args.size() > 2) return call.reply.error(wire::arity_error(call.command));
  if (call.client.is_subscribed() && call.client.protocol == 2) {
    call.reply.array(2);
    call.reply.bulk("pong");
    return call.reply.bulk(call.args.size() == 2 ? call.args[1] : "");
  }
  if (call.args.size() == 2) return call.reply.bulk(call.args[1]);
  call.reply.simple("PONG");
}

void echo(Call& call) { call.reply.bulk(call.args[1]); }

void quit(Call& call) {
  call.reply.ok();
  call.client.finish("quit");
}

// There is one user, "default"; without a password it takes any.
bool may_enter(const Call& call, std::string_view user, std::string_view password) {
  const std::string& wanted = call.store.settings.password;
  const bool is_right = wanted.empty() || wire::same_secret(password, wanted);
  return user == "default" && is_right;
}

void auth(Call& call) {
  if (call.args.size() > 3) return call.reply.error(kSyntaxError);
  const bool has_user = call.args.size() == 3;
  if (!has_user && call.store.settings.password.empty()) {
    return call.reply.error(wire::kNoPasswordSet);
  }
  if (!may_enter(call, has_user ? call.args[1] : "default", call.args.back())) {
    return call.reply.error(wire::kWrongPass);
  }
  call.client.authenticated = true;
  call.reply.ok();
}

void hello(Call& call) {
  const wire::Args args = call.args;
  Client& client = call.client;
  int64_t version = client.protocol;
  if (args.size() > 1) {
    const auto number = wire::parse_integer(args[1]);
    if (!number) {
      return call.reply.error("ERR Protocol version is not an integer or out of range");
    }
    if (*number < 2 || *number > 3) {
      return call.reply.error("NOPROTO unsupported protocol version");
    }
    version = *number;
  }
  for (size_t i = 2; i < args.size(); ++i) {
    if (i + 2 < args.size() && call.is(i, "auth")) {
      if (!may_enter(call, args[i + 1], args[i + 2])) return call.reply.error(wire::kWrongPass);
      client.authenticated = true;
      i += 2;
    } else if (i + 1 < args.size() && call.is(i, "setname")) {
      if (!wire::is_client_name(args[++i])) return call.reply.error(wire::kBadClientName);
      client.name = args[i];
    } else {
      return call.reply.error("ERR Syntax error in HELLO option '" + wire::excerpt(args[i]) + "'");
    }
  }
  if (client.needs_authentication()) return call.reply.error(wire::kHelloNeedsAuth);
  client.protocol = static_cast<int>(version);
  client.update_modes();
  wire::ReplyWriter reply(call.reply.out(), client.protocol);
  wire::write_hello(client.id(), reply);
}

void reset(Call& call) {
  Client& client = call.client;
  client.discard_transaction();
  client.leave_all();
  client.name.clear();
  client.database = 0;
  client.protocol = 2;
  client.reply_mode = Client::ReplyMode::kOn;
  client.authenticated = call.store.settings.password.empty();
  client.update_modes();
  call.reply.simple("RESET");
}

constexpr Binding kBindings[] = {
    {"ping", &ping}, {"echo", &echo},   {"quit", &quit},
    {"auth", &auth}, {"hello", &hello}, {"reset", &reset},
};

}  // namespace

std::span<const Binding> connection_bindings() { return kBindings; }

}  // namespace slotway::backend
