// The subcommands of DEBUG that have a file of their own.
#pragma once

#include "backend/call.h"

namespace slotway::backend {

// RELOAD: every value becomes a dump and is made anew of it.
void debug_reload(const Call& call);
// PROTOCOL: one reply of each type.
void debug_protocol(const Call& call);

}  // namespace slotway::backend
