// Commands that go to every shard, or to one after the other: merged by the row's response policy.
// Nothing is sent if a shard is out of reach.
#pragma once

#include "proxy/router.h"

namespace slotway::proxy {

Routed broadcast(Session& session, const wire::Command& command, wire::Args args);

}  // namespace slotway::proxy
