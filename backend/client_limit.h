// How many clients the process has descriptors for.
#pragma once

#include <cstdint>

namespace slotway::backend {

// Raises the process's limit of open files so that it is enough for `wanted` clients and what the
// server needs for itself. Returns for how many it is enough, at most `wanted`. Any thread.
uint32_t make_room_for_clients(uint32_t wanted);

}  // namespace slotway::backend
