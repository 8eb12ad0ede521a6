#include "proxy/blocking.h"

#include "proxy/worker.h"

namespace slotway::proxy {

Routed block(Session& session, const wire::Command& command, const wire::Request& request,
             const wire::BlockRef& bytes) {
  const KeySlot keys = slot_of_keys(session, command, request.args);
  if (!keys.error.empty()) {
    session.reply_error(&command, keys.error);
    return Routed::kDone;
  }
  // What the session has asked for before goes by another connection.
  if (session.pending() > 0) return Routed::kWait;
  const Destination destination = find_destination(session, keys.slot);
  if (destination.hold()) return Routed::kHold;
  if (!destination.ready()) {
    session.reply_error(&command, destination.error());
    return Routed::kDone;
  }
  Pool& pool = session.pool();
  ShardConnections& shard = pool.shard(pool.topology().shard_of_slot(keys.slot));
  PinLease pin = shard.pins().take(session.protocol(), pool.settings().limits.pinned_connections);
  if (!pin) {
    session.reply_error(&command, "ERR too many clients wait: all pinned_connections of " +
                                      shard.shard().label() + " are in use");
    return Routed::kDone;
  }
  if (!pin->available()) {
    const Error error = pin->unavailable();
    session.reply_error(&command, error.code + " " + error.message);
    return Routed::kDone;
  }
  Upstream& upstream = *pin;
  session.block_on(std::move(pin));
  upstream.use_database(session.database());
  forward_to(upstream, session, command, request, bytes);
  return Routed::kDone;
}

}  // namespace slotway::proxy
