// Commands on many keys of many shards (MGET, MSET, DEL, UNLINK, EXISTS, TOUCH): one part for each
// shard, merged in the order of the keys. If one shard has them all, the command goes there as it
// is.
//
// When a part fails, the whole fails and names the shard; the other parts may have been applied.
#pragma once

#include "proxy/router.h"

namespace slotway::proxy {

Routed split(Session& session, const wire::Command& command, const wire::Request& request,
             const wire::BlockRef& block);

}  // namespace slotway::proxy
