#include "backend/page_occupancy.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

// As mimalloc.h has them. Linked into slotway-store, and perhaps not into another program that
// hosts a server.
struct mi_heap_t;
struct mi_heap_area_t {
  void* blocks;
  size_t reserved;   // bytes
  size_t committed;  // bytes
  size_t used;       // blocks
  size_t block_size;
};
extern "C" {
__attribute__((weak)) int mi_version(void);
__attribute__((weak)) mi_heap_t* mi_heap_new(void);
__attribute__((weak)) void* mi_heap_malloc(mi_heap_t* heap, size_t size);
__attribute__((weak)) void mi_free(void* memory);
__attribute__((weak)) void mi_heap_destroy(mi_heap_t* heap);
__attribute__((weak)) bool mi_is_in_heap_region(const void* memory);
__attribute__((weak)) bool mi_heap_visit_blocks(
    const mi_heap_t* heap, bool each_block,
    bool (*visit)(const mi_heap_t*, const mi_heap_area_t*, void*, size_t, void*), void* arg);
}

namespace slotway::backend {

namespace {

constexpr int kVersion = 209;

// Memory is cut into segments, and those into slices. The segment's header has a record for each
// slice; that of a page's first slice is the page's, and the others say how far in front it is.
constexpr uintptr_t kSegment = 32 << 20;
constexpr unsigned kSliceBits = 16;
constexpr size_t kRecords = 264;  // where they begin in the segment

struct PageRecord {
  uint32_t slices;
  uint32_t bytes_behind_first;  // of the records
  uint8_t flags;
  uint16_t capacity;  // blocks that there is memory for
  uint16_t reserved;  // blocks that there is room for
  uint8_t more_flags[2];
  void* free;
  uint32_t used;  // blocks
  uint32_t block_size;
  void* freed_here;
  void* freed_elsewhere;
  void* heap;
  PageRecord* next;      // of the pages of this class that are not full
  PageRecord* previous;  // null: blocks are handed out from this one
  void* padding;
};
static_assert(sizeof(PageRecord) == 80 && offsetof(PageRecord, used) == 24);

const PageRecord* record_of(const void* memory) {
  const auto address = reinterpret_cast<uintptr_t>(memory);
  const uintptr_t segment = address & ~(kSegment - 1);
  const uintptr_t slice = (address - segment) >> kSliceBits;
  const uintptr_t record = segment + kRecords + slice * sizeof(PageRecord);
  const uint32_t behind = reinterpret_cast<const PageRecord*>(record)->bytes_behind_first;
  return reinterpret_cast<const PageRecord*>(record - behind);
}

// ---- whether all this is so

struct Question {
  const char* block;
  const PageRecord* record;
  bool agrees;
};

bool compare(const mi_heap_t*, const mi_heap_area_t* area, void*, size_t, void* argument) {
  auto* const question = static_cast<Question*>(argument);
  const auto* const begin = static_cast<const char*>(area->blocks);
  if (question->block < begin || question->block >= begin + area->reserved) return true;
  const PageRecord& record = *question->record;
  question->agrees = record.used == area->used && record.block_size == area->block_size &&
                     record.reserved * area->block_size == area->reserved &&
                     record.capacity * area->block_size == area->committed;
  return false;
}

bool agrees_about(mi_heap_t* heap, const void* block) {
  const PageRecord* const record = record_of(block);
  const auto address = reinterpret_cast<uintptr_t>(record);
  const uintptr_t segment = reinterpret_cast<uintptr_t>(block) & ~(kSegment - 1);
  const bool is_in_header =
      address >= segment + kRecords &&
      address <= segment + kRecords + (kSegment >> kSliceBits) * sizeof(PageRecord);
  if (!is_in_header) return false;
  Question question{static_cast<const char*>(block), record, false};
  mi_heap_visit_blocks(heap, false, &compare, &question);
  return question.agrees;
}

// Pages of a heap that nobody else uses, full ones and others.
bool agrees_about_size(mi_heap_t* heap, size_t size) {
  constexpr size_t kEachFreed = 3;
  std::array<void*, 64> blocks;
  for (void*& block : blocks) {
    block = mi_heap_malloc(heap, size);
    if (!block) return false;
  }
  bool agrees = record_of(blocks.back())->previous == nullptr;
  for (size_t i = 0; i < blocks.size(); i += kEachFreed) mi_free(blocks[i]);
  for (size_t i = 1; i < blocks.size(); i += kEachFreed) {
    agrees = agrees && agrees_about(heap, blocks[i]);
  }
  return agrees;
}

// Whether it is mimalloc that serves the program, and not only linked behind another one.
bool is_in_use() {
  if (!mi_is_in_heap_region) return false;
  const std::unique_ptr<void, decltype(&std::free)> block(std::malloc(48), &std::free);
  const auto object = std::make_unique<std::array<char, 48>>();
  return mi_is_in_heap_region(block.get()) && mi_is_in_heap_region(object.get());
}

bool check() {
  if (!mi_version || mi_version() != kVersion || !is_in_use()) return false;
  mi_heap_t* const heap = mi_heap_new();
  if (!heap) return false;
  bool agrees = true;
  for (const size_t size : {48, 1280, 5120, 20480}) {
    agrees = agrees && agrees_about_size(heap, size);
  }
  mi_heap_destroy(heap);
  return agrees;
}

}  // namespace

bool page_occupancy_is_known() {
  static const bool known = check();
  return known;
}

bool is_in_sparse_page(const void* memory) {
  const PageRecord* const page = record_of(memory);
  constexpr uint32_t kPart = 8;  // at least so much of the page is free
  return page->used * kPart < page->reserved * (kPart - 1) && page->previous != nullptr;
}

}  // namespace slotway::backend
