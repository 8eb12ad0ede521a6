// Commands that go to every shard, or to one after the other: merged by the row's response policy.
#pragma once

#include "proxy/fan_out.h"
#include "proxy/router.h"

namespace slotway::proxy {

Routed broadcast(Session& session, const wire::Command& command, wire::Args args);

// Sends `args` to all shards of the session's pool and has `merge` answer `command`. Fails without
// sending anything if a shard is out of reach. `text` and `detail` go to the FanOut.
Routed broadcast(Session& session, const wire::Command& command, wire::Args args,
                 FanOut::Merge merge, std::string text = {}, uint64_t detail = 0);

}  // namespace slotway::proxy
