// Which allocator the process runs on. Any thread.
#pragma once

namespace slotway::backend {

// "mimalloc", "libc".
const char* allocator_name();

}  // namespace slotway::backend
