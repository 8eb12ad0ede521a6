#include "proxy/transactions/blocking.h"

#include "proxy/worker.h"

namespace slotway::proxy {

Routed block(Session& session, const wire::Command& command, const wire::Request& request,
             const wire::BlockRef& bytes) {
  PinLease pin = session.take_kept_pin();
  const KeySlot keys = slot_of_keys(session, command, request.args);
  if (!keys.error.empty()) {
    session.reply_error(&command, keys.error);
    return Routed::kDone;
  }
  // What the session has asked for before goes by another connection.
  if (const Routed wait = wait_for_answers(session); wait != Routed::kDone) return wait;
  const Destination destination = find_pin(session, keys.slot, pin);
  if (destination.hold()) {
    if (pin) session.keep_pin(std::move(pin));
    return Routed::kHold;
  }
  std::string error;
  if (!destination.ready()) {
    error = destination.error();
  } else if (session.pool().hot_keys().is_over_limit(command, request.args)) {
    error = HotKeys::kOverLimit;
  }
  if (!error.empty()) {
    if (pin) pin.mark_clean();
    session.reply_error(&command, error);
    return Routed::kDone;
  }
  session.block_on(std::move(pin));
  destination.upstream->ask_client_id();
  forward_to(*destination.upstream, session, command, request, bytes);
  return Routed::kDone;
}

}  // namespace slotway::proxy
