// INFO: the proxy's own sections, and the keyspace summed over the shards.
#pragma once

#include <string>
#include <string_view>

#include "proxy/fan_out.h"
#include "proxy/router.h"

namespace slotway::proxy {

// Answers INFO with the sections that `args` names (all without any). Shards are asked only for
// `keyspace`; one that is out of reach is left out of the sum and named.
void info(Session& session, const wire::Command& command, wire::Args args);

}  // namespace slotway::proxy
