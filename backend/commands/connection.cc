// The connection: PING, ECHO, QUIT, AUTH, HELLO, RESET.

#include <algorithm>
#include <string>

#include "backend/commands/bindings.h"
#include "backend/commands/client_name.h"
#include "wire/command_error.h"

namespace slotway::backend {

namespace {

void ping(Call& call) {
  if (call.args.size() > 2) return call.reply.error(wire::arity_error(call.command));
  if (call.args.size() == 2) return call.reply.bulk(call.args[1]);
  call.reply.simple("PONG");
}

void echo(Call& call) { call.reply.bulk(call.args[1]); }

void quit(Call& call) {
  call.reply.ok();
  call.client.finish("quit");
}

// In time that does not depend on where the two differ.
bool is_password(std::string_view given, std::string_view wanted) {
  unsigned difference = given.size() != wanted.size();
  for (size_t i = 0; i < given.size(); ++i) {
    const char other = wanted.empty() ? '\0' : wanted[i % wanted.size()];
    difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(other);
  }
  return difference == 0;
}

// There is one user, "default"; without a password it takes any.
bool may_enter(const Call& call, std::string_view user, std::string_view password) {
  const std::string& wanted = call.store.settings.password;
  const bool is_right = wanted.empty() || is_password(password, wanted);
  return user == "default" && is_right;
}

void auth(Call& call) {
  if (call.args.size() > 3) return call.reply.error(kSyntaxError);
  const bool has_user = call.args.size() == 3;
  if (!has_user && call.store.settings.password.empty()) {
    return call.reply.error(
        "ERR AUTH <password> called without any password configured for the default user. Are you "
        "sure your configuration is correct?");
  }
  if (!may_enter(call, has_user ? call.args[1] : "default", call.args.back())) {
    return call.reply.error(kWrongPass);
  }
  call.client.authenticated = true;
  call.reply.ok();
}

void write_hello(const Call& call) {
  wire::ReplyWriter reply(call.reply.out(), call.client.protocol);
  reply.map(7);
  reply.bulk("server");
  reply.bulk("redis");
  reply.bulk("version");
  reply.bulk(kRedisVersion);
  reply.bulk("proto");
  reply.integer(call.client.protocol);
  reply.bulk("id");
  reply.integer(static_cast<int64_t>(call.client.id()));
  reply.bulk("mode");
  reply.bulk("standalone");
  reply.bulk("role");
  reply.bulk("master");
  reply.bulk("modules");
  reply.array(0);
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
      if (!may_enter(call, args[i + 1], args[i + 2])) return call.reply.error(kWrongPass);
      client.authenticated = true;
      i += 2;
    } else if (i + 1 < args.size() && call.is(i, "setname")) {
      if (!is_client_name(args[++i])) return call.reply.error(kBadClientName);
      client.name = args[i];
    } else {
      return call.reply.error("ERR Syntax error in HELLO option '" + excerpt(args[i]) + "'");
    }
  }
  if (client.needs_authentication()) {
    return call.reply.error(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
        "AUTH <user> <pass> option can be used to authenticate the client and select the RESP "
        "protocol version at the same time");
  }
  client.protocol = static_cast<int>(version);
  write_hello(call);
}

void reset(Call& call) {
  Client& client = call.client;
  client.name.clear();
  client.database = 0;
  client.protocol = 2;
  client.reply_mode = Client::ReplyMode::kOn;
  client.authenticated = call.store.settings.password.empty();
  call.reply.simple("RESET");
}

constexpr Binding kBindings[] = {
    {"ping", &ping}, {"echo", &echo},   {"quit", &quit},
    {"auth", &auth}, {"hello", &hello}, {"reset", &reset},
};

}  // namespace

std::span<const Binding> connection_bindings() { return kBindings; }

}  // namespace slotway::backend
