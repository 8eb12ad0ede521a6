#include "backend/engine/leaf.h"

#include <cstdlib>
#include <new>

namespace slotway::backend {

namespace {

// Capacities with which a leaf fills whole steps of the allocators: 32 bytes while it is small.
uint32_t capacity_for(uint32_t count) {
  const size_t step = count < 32 ? 32 : count < 64 ? 64 : 256;
  const size_t bytes =
      (sizeof(LeafHeader) + count * LeafHeader::kCellSize + step - 1) / step * step;
  return static_cast<uint32_t>((bytes - sizeof(LeafHeader)) / LeafHeader::kCellSize);
}

}  // namespace

LeafHeader* LeafHeader::make(unsigned level, uint32_t room) {
  const uint32_t capacity = capacity_for(room);
  void* const memory = std::malloc(sizeof(LeafHeader) + capacity * kCellSize);
  if (!memory) throw std::bad_alloc();
  auto* const leaf = new (memory) LeafHeader;
  leaf->count = 0;
  leaf->capacity = capacity & 0xffffff;
  leaf->level = level & 0xff;
  return leaf;
}

void LeafHeader::release(LeafHeader* leaf) { std::free(leaf); }

LeafHeader* LeafHeader::resized(LeafHeader* leaf, uint32_t count) {
  const uint32_t capacity = capacity_for(count);
  void* const memory = std::realloc(leaf, sizeof(LeafHeader) + capacity * kCellSize);
  if (!memory) throw std::bad_alloc();
  leaf = static_cast<LeafHeader*>(memory);
  leaf->capacity = capacity & 0xffffff;
  return leaf;
}

}  // namespace slotway::backend
