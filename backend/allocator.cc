#include "backend/allocator.h"

#include <malloc.h>

// Linked into slotway-store, and perhaps not into another program that hosts a server.
extern "C" __attribute__((weak)) int mi_version(void);
extern "C" __attribute__((weak)) void mi_stats_print_out(void (*out)(const char* text, void* arg),
                                                         void* arg);
extern "C" __attribute__((weak)) void mi_collect(bool force);

// As mimalloc.h has them.
struct mi_heap_t;
struct mi_heap_area_t {
  void* blocks;
  size_t reserved;
  size_t committed;
  size_t used;  // blocks
  size_t block_size;
};
extern "C" __attribute__((weak)) mi_heap_t* mi_heap_get_default(void);
extern "C" __attribute__((weak)) bool mi_heap_visit_blocks(
    const mi_heap_t* heap, bool each_block,
    bool (*visit)(const mi_heap_t*, const mi_heap_area_t*, void*, size_t, void*), void* arg);

extern "C" __attribute__((weak)) long mi_option_get(int option);
extern "C" __attribute__((weak)) void mi_option_set(int option, long value);

namespace slotway::backend {

namespace {

// mi_option_decommit_delay, which is mi_option_purge_delay from version 2.1 on: milliseconds.
constexpr int kDelayOption = 15;

}  // namespace

void give_back_at_once(bool at_once) {
  if (!mi_option_set || !mi_option_get) return;
  static const long usual_ms = mi_option_get(kDelayOption);
  mi_option_set(kDelayOption, at_once ? 0 : usual_ms);
}

const char* allocator_name() { return mi_version ? "mimalloc" : "libc"; }

std::string allocator_report() {
  if (!mi_stats_print_out) return "Stats not supported for the current allocator";
  std::string report;
  mi_stats_print_out([](const char* text, void* arg) { *static_cast<std::string*>(arg) += text; },
                     &report);
  return report;
}

std::optional<uint64_t> allocated_bytes() {
  if (!mi_heap_visit_blocks) return std::nullopt;
  uint64_t bytes = 0;
  mi_heap_visit_blocks(
      mi_heap_get_default(), false,
      [](const mi_heap_t*, const mi_heap_area_t* area, void*, size_t, void* sum) {
        *static_cast<uint64_t*>(sum) += area->used * area->block_size;
        return true;
      },
      &bytes);
  return bytes;
}

void give_back_memory() {
  if (mi_collect) {
    mi_collect(true);
  } else {
    malloc_trim(0);
  }
}

}  // namespace slotway::backend
