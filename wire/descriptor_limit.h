// How many descriptors this process may have open (RLIMIT_NOFILE), usually 1024 at first, of which
// each client takes one. Callable on any thread.
#pragma once

#include <cstddef>

namespace slotway::wire {

// Raises the soft limit of open descriptors to at least `wanted` if the hard limit allows, else to
// the hard limit; returns the limit that now holds. Never lowers it.
size_t raise_descriptor_limit(size_t wanted);

}  // namespace slotway::wire
