// INFO: the proxy as one Redis.
//
// The proxy speaks for itself about the process, its clients, what they ask for and how long that
// takes; of the data (memory, persistence, replication, keyspace, most of the statistics) it gives
// what all shards of the pool say together (shard_info.h).
#pragma once

#include "proxy/router.h"

namespace slotway::proxy {

// Answers INFO with the sections that `args` names. Shards are asked only for sections that need
// them; one that is out of reach is left out of the sums and named.
void info(Session& session, const wire::Command& command, wire::Args args);

}  // namespace slotway::proxy
