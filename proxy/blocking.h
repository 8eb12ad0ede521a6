// Commands that wait for what other clients do: BLPOP, XREAD with BLOCK, ...
#pragma once

#include "proxy/router.h"

namespace slotway::proxy {

// Sends the command on a connection that the session has for itself meanwhile (pins.h): nobody else
// waits behind it, no time-out ends it, and a client that goes away takes the connection with it,
// by which the server gives the wait up. Until it is answered the session looks at no other
// command.
Routed block(Session& session, const wire::Command& command, const wire::Request& request,
             const wire::BlockRef& bytes);

}  // namespace slotway::proxy
