#include "backend/memory_in_use.h"

#include <malloc.h>

#include <cstddef>

// Linked into slotway-store, and perhaps not into another program that hosts a server.
extern "C" __attribute__((weak)) void mi_process_info(size_t* elapsed_ms, size_t* user_ms,
                                                      size_t* system_ms, size_t* resident,
                                                      size_t* peak_resident, size_t* committed,
                                                      size_t* peak_committed, size_t* page_faults);

namespace slotway::backend {

uint64_t memory_in_use() {
  if (mi_process_info) {
    size_t unused = 0;
    size_t committed = 0;
    mi_process_info(&unused, &unused, &unused, &unused, &unused, &committed, &unused, &unused);
    return committed;
  }
  // glibc sets itself up in the first call, which two threads must not do at once: where another
  // allocator has answered every malloc (a sanitizer's), that call is this one.
  [[maybe_unused]] static const struct mallinfo2 set_up = mallinfo2();
  const struct mallinfo2 heap = mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

const char* allocator_name() { return mi_process_info ? "mimalloc" : "libc"; }

}  // namespace slotway::backend
