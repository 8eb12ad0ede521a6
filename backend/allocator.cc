#include "backend/allocator.h"

#include <malloc.h>

// Linked into slotway-store, and perhaps not into another program that hosts a server.
extern "C" __attribute__((weak)) int mi_version(void);
extern "C" __attribute__((weak)) void mi_stats_print_out(void (*out)(const char* text, void* arg),
                                                         void* arg);
extern "C" __attribute__((weak)) void mi_collect(bool force);

namespace slotway::backend {

const char* allocator_name() { return mi_version ? "mimalloc" : "libc"; }

std::string allocator_report() {
  if (!mi_stats_print_out) return "Stats not supported for the current allocator";
  std::string report;
  mi_stats_print_out([](const char* text, void* arg) { *static_cast<std::string*>(arg) += text; },
                     &report);
  return report;
}

void give_back_memory() {
  if (mi_collect) {
    mi_collect(true);
  } else {
    malloc_trim(0);
  }
}

}  // namespace slotway::backend
