// Commands that wait for what other clients do: BLPOP, XREAD with BLOCK, ...
#pragma once

#include "proxy/router.h"

namespace slotway::proxy {

// Sends the command on a connection that the session has for itself meanwhile (pins.h): nobody else
// waits behind it, and until it is answered the session looks at no other command. It ends
//  - by its answer: no time-out of the proxy concerns it;
//  - when the client closes, be it only its half (to redis-server, too, such a client is gone), or
//    the proxy stops: the server is told by the end of that connection's stream, and what it had
//    popped before is still read and written to the client;
//  - with an error, in the same way, when a reload takes slots from the shard or the shard itself;
//  - with an error, when the server is found not to answer anybody: its breaker opens or another
//    connection to it falls silent. While somebody waits, one is asked for signs of life.
Routed block(Session& session, const wire::Command& command, const wire::Request& request,
             const wire::BlockRef& bytes);

}  // namespace slotway::proxy
