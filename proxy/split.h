// Commands on many keys of many shards (MGET, MSET, DEL, UNLINK, EXISTS, TOUCH): one part for each
// shard, merged in the order of the keys.
//
// When a part fails, the whole fails and names the shard; the other parts may have been applied.
#pragma once

#include "proxy/router.h"

namespace slotway::proxy {

Routed split(Session& session, const wire::Command& command, wire::Args args);

}  // namespace slotway::proxy
