// Commands about the connection itself: PING, HELLO, AUTH, SELECT, ...

#include <sys/time.h>

#include <string>

#include "proxy/local/local_commands.h"
#include "proxy/transactions/transaction.h"
#include "proxy/worker.h"
#include "wire/command_error.h"
#include "wire/greeting.h"
#include "wire/number.h"
#include "wire/text.h"

namespace slotway::proxy {

namespace {

void ping(const LocalCall& call) {
  if (call.args.size() > 2) return call.error(wire::arity_error(call.command));
  // Redis answers nothing else while it runs a script, not even this: clients ask it to find out.
  if (ShardConnections* const busy = call.session.pool().busy_shard()) [[unlikely]] {
    return call.error("BUSY " + busy->primary().breaker().busy_text());
  }
  call.reply([&](wire::ReplyWriter& writer) {
    if (call.session.subscriber() && writer.version() == 2) {
      // Among messages, so in their form.
      writer.array(2);
      writer.bulk("pong");
      writer.bulk(call.args.size() == 1 ? std::string_view() : call.args[1]);
    } else if (call.args.size() == 1) {
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

void reset(const LocalCall& call) {
  Session& session = call.session;
  const Transaction* const transaction = session.transaction();
  const bool has_own = session.tracking() || (transaction && transaction->is_pinned());
  if (has_own && !call.may_change_connections()) return;
  session.edit_names().name.clear();
  session.drop_transaction();
  session.stop_tracking();
  session.unsubscribe();
  session.speak(2);
  session.use_database(0);
  session.pool().monitors().remove(session.id(), session.pool().settings().name);
  // SKIP is for this command.
  if (session.reply_mode == Session::ReplyMode::kOff) session.reply_mode = Session::ReplyMode::kOn;
  session.log_out();
  call.reply([](wire::ReplyWriter& writer) { writer.simple("RESET"); });
}

void auth(const LocalCall& call) {
  if (call.args.size() > 3) return call.error("ERR syntax error");
  const bool has_user = call.args.size() == 3;
  if (!has_user && call.session.pool().settings().users.ask_no_password()) {
    return call.error(wire::kNoPasswordSet);
  }
  if (!call.session.log_in(has_user ? call.args[1] : "default", call.args.back())) {
    return call.error(wire::kWrongPass);
  }
  call.ok();
}

// As in Redis, what stands in front of a wrong option counts.
void hello(const LocalCall& call) {
  const wire::Args args = call.args;
  Session& session = call.session;
  if (session.tracking() && session.pending() > 0) {
    call.routed = Routed::kWait;  // its own connections change over, too
    return;
  }
  int64_t protocol = session.protocol();
  if (args.size() > 1) {
    const auto version = wire::parse_integer(args[1]);
    if (!version) return call.error("ERR Protocol version is not an integer or out of range");
    if (*version != 2 && *version != 3) return call.error("NOPROTO unsupported protocol version");
    protocol = *version;
  }
  for (size_t i = 2; i < args.size(); ++i) {
    if (wire::equal_ignoring_case(args[i], "auth") && i + 2 < args.size()) {
      if (!session.log_in(args[i + 1], args[i + 2])) return call.error(wire::kWrongPass);
      i += 2;
    } else if (wire::equal_ignoring_case(args[i], "setname") && i + 1 < args.size()) {
      if (!wire::is_client_name(args[++i])) return call.error(wire::kBadClientName);
      session.edit_names().name = args[i];
    } else {
      return call.error("ERR Syntax error in HELLO option '" + wire::excerpt(args[i]) + "'");
    }
  }
  if (!session.may_ask()) return call.error(wire::kHelloNeedsAuth);
  session.speak(static_cast<int>(protocol));
  call.reply([&](wire::ReplyWriter& writer) { wire::write_hello(session.id(), writer); });
}

void whoami(const LocalCall& call) {
  call.reply([&](wire::ReplyWriter& writer) { writer.bulk(call.session.user()); });
}

constexpr LocalBinding kBindings[] = {
    {"ping", &ping},   {"echo", &echo}, {"quit", &quit},   {"time", &time},
    {"reset", &reset}, {"auth", &auth}, {"hello", &hello}, {"acl|whoami", &whoami},
};

}  // namespace

std::span<const LocalBinding> connection_bindings() { return kBindings; }

}  // namespace slotway::proxy
