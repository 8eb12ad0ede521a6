// What CLIENT PAUSE and MONITOR do to each command of a pool, while there is one of them.
#pragma once

#include "proxy/router.h"

namespace slotway::proxy {

// In front of carry_out(), for a command of which route() has found nothing wrong: holds it, or
// shows it to those who monitor once it was taken.
Routed inspect(Session& session, const wire::Command& command, const wire::Request& request,
               const wire::BlockRef& block);

}  // namespace slotway::proxy
