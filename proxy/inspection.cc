#include "proxy/inspection.h"

#include "proxy/tracking.h"
#include "proxy/transactions/queued_commands.h"
#include "proxy/worker.h"

namespace slotway::proxy {

namespace {

bool will_be_queued(const Session& session, const wire::Command& command) {
  const Transaction* const transaction = session.transaction();
  return transaction && transaction->is_open() && command.spec->in_multi != wire::InMulti::kAtOnce;
}

// What those who monitor see of it: of EXEC first what was queued.
std::string lines_of(const Session& session, const wire::Command& command, wire::Args args) {
  std::string lines;
  const Transaction* const transaction = session.transaction();
  if (command.spec->ends_multi && transaction && transaction->will_run()) {
    for_each_queued(*transaction, [&](const wire::Command& queued, wire::Args its_args) {
      if (!(queued.spec->flags & wire::kAdmin)) lines += monitor_line(session, queued, its_args);
    });
  }
  return lines + monitor_line(session, command, args);
}

// As in Redis, CLIENT CACHING is for the next command that is none of CLIENT, or for the next
// transaction.
Routed run(Session& session, const wire::Command& command, const wire::Request& request,
           const wire::BlockRef& block) {
  const Routed routed = carry_out(session, command, request, block);
  Tracking* const tracking = session.tracking();
  if (routed != Routed::kDone || !tracking || !tracking->caching()) return routed;
  const bool is_client = command.container && command.spec->group == wire::Group::kConnection;
  const bool in_multi = session.transaction() && session.transaction()->is_open();
  if (!is_client && !in_multi) tracking->end_caching();
  return routed;
}

}  // namespace

Routed inspect(Session& session, const wire::Command& command, const wire::Request& request,
               const wire::BlockRef& block) {
  Pool& pool = session.pool();
  Monitors& monitors = pool.monitors();
  const uint32_t flags = command.spec->flags;
  if (has_begun_exec(session)) {
    // Nothing holds or refuses the rest of it.
  } else if (monitors.has(session.id())) {
    // No pause holds it, so it must not use that.
    if (flags & (wire::kWrite | wire::kReadonly | wire::kMayReplicate)) {
      if (session.transaction()) session.transaction()->spoil();
      session.reply_error(&command, "ERR Replica can't interact with the keyspace");
      return Routed::kDone;
    }
  } else if (pool.pause().concerns(command, request.args, session.transaction())) {
    session.give_back_kept_pin();  // a pause may last for ever
    pool.pause().hold(session.id());
    return Routed::kHold;
  }
  if (!monitors.any() || flags & wire::kAdmin) return run(session, command, request, block);
  if (will_be_queued(session, command)) return run(session, command, request, block);
  // Before it runs: it may change the database, or end the transaction that is to be shown.
  const bool is_shown = monitors.sample().takes_next(session.worker().loop().now_ms());
  const std::string lines = is_shown ? lines_of(session, command, request.args) : std::string();
  const Routed routed = run(session, command, request, block);
  if (routed == Routed::kDone) {
    monitors.sample().count_next();
    if (is_shown) monitors.show(lines);
  }
  return routed;
}

}  // namespace slotway::proxy
