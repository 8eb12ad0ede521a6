#include "backend/engine/leaf.h"

#include <cstdlib>

#include "backend/engine/allocation.h"

namespace slotway::backend {

namespace {

// As many cells as the allocation has room for that `count` need.
uint32_t capacity_for(uint32_t count) {
  const size_t bytes = allocation_size(sizeof(LeafHeader) + count * LeafHeader::kCellSize);
  return static_cast<uint32_t>((bytes - sizeof(LeafHeader)) / LeafHeader::kCellSize);
}

}  // namespace

LeafHeader* LeafHeader::make(unsigned level, uint32_t room) {
  const uint32_t capacity = capacity_for(room);
  auto* const leaf = new (allocate(sizeof(LeafHeader) + capacity * kCellSize)) LeafHeader;
  leaf->count = 0;
  leaf->capacity = capacity & 0xffffff;
  leaf->level = level & 0xff;
  return leaf;
}

void LeafHeader::release(LeafHeader* leaf) { std::free(leaf); }

LeafHeader* LeafHeader::resized(LeafHeader* leaf, uint32_t count) {
  const uint32_t capacity = capacity_for(count);
  leaf = static_cast<LeafHeader*>(
      reallocate(leaf, leaf->memory(), sizeof(LeafHeader) + capacity * kCellSize));
  leaf->capacity = capacity & 0xffffff;
  return leaf;
}

}  // namespace slotway::backend
