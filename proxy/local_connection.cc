// Commands about the connection itself: PING, HELLO, AUTH, SELECT, ...

#include <sys/time.h>

#include <string>

#include "proxy/local_commands.h"
#include "proxy/worker.h"
#include "wire/command_error.h"
#include "wire/greeting.h"
#include "wire/number.h"
#include "wire/text.h"

namespace slotway::proxy {

namespace {

void ping(const LocalCall& call) {
  if (call.args.size() > 2) return call.error(wire::arity_error(call.command));
  call.reply([&](wire::ReplyWriter& writer) {
    if (call.args.size() == 1) {
      writer.simple("PONG");
    } else {
      writer.bulk(call.args[1]);
    }
  });
}

void echo(const LocalCall& call) {
  call.reply([&](wire::ReplyWriter& writer) { writer.bulk(call.args[1]); });
}

void quit(const LocalCall& call) {
  call.ok();
  call.session.finish(metrics::CloseReason::kEof);
}

void time(const LocalCall& call) {
  timeval now;
  gettimeofday(&now, nullptr);
  call.reply([&](wire::ReplyWriter& writer) {
    writer.array(2);
    writer.bulk(std::to_string(now.tv_sec));
    writer.bulk(std::to_string(now.tv_usec));
  });
}

void select(const LocalCall& call) {
  const auto database = wire::parse_integer(call.args[1]);
  if (!database) return call.error("ERR value is not an integer or out of range");
  if (*database != 0) {
    return call.error("ERR DB index is out of range: this proxy serves database 0");
  }
  call.ok();
}

void reset(const LocalCall& call) {
  Session& session = call.session;
  session.name.clear();
  session.no_evict = false;
  session.reply_mode = Session::ReplyMode::kOn;
  session.authenticated = session.pool().settings().auth.empty();
  call.reply([](wire::ReplyWriter& writer) { writer.simple("RESET"); });
}

// Empty if the credentials are right, the error line otherwise.
std::string_view check_credentials(const config::Credentials& wanted, std::string_view user,
                                   std::string_view password) {
  if (wanted.empty()) {
    return user == "default" ? wire::kNoPasswordSet : wire::kWrongPass;
  }
  const bool right =
      wire::same_secret(user, wanted.user) & wire::same_secret(password, wanted.password);
  return right ? "" : wire::kWrongPass;
}

void auth(const LocalCall& call) {
  if (call.args.size() > 3) return call.error("ERR syntax error");
  const bool has_user = call.args.size() == 3;
  const std::string_view problem = check_credentials(
      call.session.pool().settings().auth, has_user ? call.args[1] : "default", call.args.back());
  if (!problem.empty()) return call.error(problem);
  call.session.authenticated = true;
  call.ok();
}

void hello(const LocalCall& call) {
  const wire::Args args = call.args;
  Session& session = call.session;
  if (args.size() > 1) {
    const auto version = wire::parse_integer(args[1]);
    if (!version) return call.error("ERR Protocol version is not an integer or out of range");
    if (*version != 2) return call.error("NOPROTO unsupported protocol version");
  }
  bool authenticated = session.authenticated;
  std::string_view name = session.name;
  for (size_t i = 2; i < args.size(); ++i) {
    if (wire::equal_ignoring_case(args[i], "auth") && i + 2 < args.size()) {
      const std::string_view problem =
          check_credentials(session.pool().settings().auth, args[i + 1], args[i + 2]);
      if (!problem.empty()) return call.error(problem);
      authenticated = true;
      i += 2;
    } else if (wire::equal_ignoring_case(args[i], "setname") && i + 1 < args.size()) {
      name = args[++i];
      if (!wire::is_client_name(name)) return call.error(wire::kBadClientName);
    } else {
      return call.error("ERR Syntax error in HELLO option '" + std::string(args[i].substr(0, 128)) +
                        "'");
    }
  }
  if (!authenticated) {
    return call.error(wire::kHelloNeedsAuth);
  }
  session.authenticated = true;
  if (name.data() != session.name.data()) session.name = name;
  call.reply([&](wire::ReplyWriter& writer) { wire::write_hello(session.id(), writer); });
}

constexpr LocalBinding kBindings[] = {
    {"ping", &ping},     {"echo", &echo},   {"quit", &quit}, {"time", &time},
    {"select", &select}, {"reset", &reset}, {"auth", &auth}, {"hello", &hello},
};

}  // namespace

std::span<const LocalBinding> connection_bindings() { return kBindings; }

}  // namespace slotway::proxy
