// What the process has allocated, whichever allocator it runs on. Any thread.
#pragma once

#include <cstdint>

namespace slotway::backend {

// Bytes. With mimalloc what it has committed, since it keeps no exact sum.
uint64_t memory_in_use();
// "mimalloc", "libc".
const char* allocator_name();

}  // namespace slotway::backend
