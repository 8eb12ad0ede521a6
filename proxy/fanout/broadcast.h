// Commands that go to every shard, or to one after the other: merged by the row's response policy.
// Nothing is sent if a shard is out of reach.
#pragma once

#include "proxy/fanout/fan_out.h"
#include "proxy/router.h"

namespace slotway::proxy {

Routed broadcast(Session& session, const wire::Command& command, wire::Args args);

// The parts of it, for commands with a merge of their own.
Routed to_all_shards(Session& session, const wire::Command& command, wire::Args args,
                     FanOut::Merge merge);
// To that one shard, as a fan-out of one part: its errors name it, unless it speaks for all.
Routed to_one_shard(Session& session, const wire::Command& command, wire::Args args,
                    const Destination& destination, FanOut::Merge merge, bool for_all = false);

}  // namespace slotway::proxy
