// What of a socket's output the kernel still holds.
#pragma once

#include <cstddef>

namespace slotway::wire {

// Bytes written to the TCP or Unix socket `fd` that the peer has not taken; for a Unix socket with
// the kernel's own overhead. 0 if that cannot be known. It tells that a slow peer goes on reading
// while a large write is still under way.
size_t unsent_bytes(int fd);

}  // namespace slotway::wire
