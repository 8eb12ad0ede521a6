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
  Pool& pool = session.pool();
  const ShardIndex index = pool.topology().shard_of_slot(keys.slot);
  if (index == Topology::kMoving) return Routed::kHold;
  if (index > Topology::kMoving) {
    session.reply_error(&command, Destination{Destination::State::kNotServed}.error());
    return Routed::kDone;
  }
  ShardConnections& shard = pool.shard(index);
  PinLease pin = session.take_kept_pin();
  if (!pin || !pin.is_of(shard.pins()) || !pin.available()) {
    pin = shard.pins().take(session.protocol(), pool.settings().limits.pinned_connections);
  }
  if (!pin) {
    session.reply_error(&command, "ERR too many clients wait: all pinned_connections of " +
                                      shard.shard().label() + " are in use");
    return Routed::kDone;
  }
  const Destination destination = destination_of(session, *pin);
  if (destination.hold()) {
    session.keep_pin(std::move(pin));
    return Routed::kHold;
  }
  if (!destination.ready()) {
    pin.mark_clean();
    session.reply_error(&command, destination.error());
    return Routed::kDone;
  }
  session.block_on(std::move(pin));
  forward_to(*destination.upstream, session, command, request, bytes);
  return Routed::kDone;
}

}  // namespace slotway::proxy
