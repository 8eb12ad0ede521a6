// MONITOR: the session sees what all clients of the pool ask for (monitors.h).

#include <string>

#include "proxy/fanout/gather.h"
#include "proxy/local/local_commands.h"
#include "proxy/transactions/transaction.h"
#include "proxy/worker.h"

namespace slotway::proxy {

namespace {

void monitor(const LocalCall& call) {
  Session& session = call.session;
  Monitors& monitors = session.pool().monitors();
  if (session.transaction() && session.transaction()->is_open()) {
    session.transaction()->spoil();
    return call.error("ERR MONITOR isn't allowed for DENY BLOCKING client");
  }
  if (monitors.has(session.id())) return;  // as by Redis, not even answered
  // Nothing that is shown may come in front of an answer.
  if (session.pending() > 0) {
    call.routed = Routed::kWait;
    return;
  }
  session.settle_first();
  monitors.add(session.id(), session.pool().settings().name);
  // What add() has asked of the workers they have done when they answer this.
  gather(
      session, call.command, [](Worker&) { return std::string("+OK\r\n"); },
      [&monitors, id = session.id()](FanOut&, wire::OutputBuffer& out, std::string&) {
        monitors.is_ready(id);
        wire::ReplyWriter(out).ok();
        return true;
      });
}

constexpr LocalBinding kBindings[] = {{"monitor", &monitor}};

}  // namespace

std::span<const LocalBinding> monitor_bindings() { return kBindings; }

}  // namespace slotway::proxy
