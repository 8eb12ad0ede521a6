// How a command runs a Lua script.
//
// EVAL goes where its keys say, and its text is learnt. EVALSHA goes there as well; the first of a
// digest on a connection has SCRIPT LOAD of the copy in front of it, in the same write, so that
// nothing of its session can come between. A shard that was restarted has lost its connections, so
// that covers it. What a shard forgets otherwise (SCRIPT FLUSH behind the proxy's back) shows as
// NOSCRIPT: then the script is loaded and the call repeated, provided that it is the last command
// that its session has sent. Otherwise the ones behind it may have been executed, a call that is
// repeated would come too late, and the client sees the NOSCRIPT.
// Stateless; runs on the session's worker thread.
#pragma once

#include <optional>

#include "proxy/router.h"
#include "wire/sha1.h"

namespace slotway::proxy {

// Rows of Handling::kScript.
Routed run_script(Session& session, const wire::Command& command, const wire::Request& request,
                  const wire::BlockRef& block);

// The parts of it, for what goes another way. What a script command brings is learnt, what it
// forgets is forgotten, and the digest that it calls is given back,
std::optional<wire::Sha1> note_script(Session& session, const wire::Command& command,
                                      wire::Args args);
// which has SCRIPT LOAD in front if the server at the end of the connection may need it. Requires
// that the upstream is available.
void load_ahead(Upstream& upstream, Pool& pool, const wire::Sha1& digest);

}  // namespace slotway::proxy
