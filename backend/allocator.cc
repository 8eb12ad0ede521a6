#include "backend/allocator.h"

// Linked into slotway-store, and perhaps not into another program that hosts a server.
extern "C" __attribute__((weak)) int mi_version(void);

namespace slotway::backend {

const char* allocator_name() { return mi_version ? "mimalloc" : "libc"; }

}  // namespace slotway::backend
