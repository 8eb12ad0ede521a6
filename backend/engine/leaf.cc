#include "backend/engine/leaf.h"

#include <cstdlib>
#include <cstring>
#include <new>

namespace slotway::backend {

namespace {

// Capacities with which a leaf fills whole steps of the allocators: 32 bytes while it is small.
uint32_t capacity_for(uint32_t count) {
  const size_t step = count < 32 ? 32 : count < 64 ? 64 : 256;
  const size_t bytes = (sizeof(Leaf) + count * sizeof(Cell) + step - 1) / step * step;
  return static_cast<uint32_t>((bytes - sizeof(Leaf)) / sizeof(Cell));
}

void resize(Leaf*& leaf, uint32_t count) {
  const uint32_t capacity = capacity_for(count);
  void* const memory = std::realloc(leaf, sizeof(Leaf) + capacity * sizeof(Cell));
  if (!memory) throw std::bad_alloc();
  leaf = static_cast<Leaf*>(memory);
  leaf->capacity = capacity & 0xffffff;
}

}  // namespace

Leaf* Leaf::make(unsigned level, uint32_t room) {
  const uint32_t capacity = capacity_for(room);
  void* const memory = std::malloc(sizeof(Leaf) + capacity * sizeof(Cell));
  if (!memory) throw std::bad_alloc();
  auto* const leaf = new (memory) Leaf;
  leaf->count = 0;
  leaf->capacity = capacity & 0xffffff;
  leaf->level = level & 0xff;
  return leaf;
}

void Leaf::release(Leaf* leaf) { std::free(leaf); }

void Leaf::append(Leaf*& leaf, Cell cell) {
  if (leaf->count == leaf->capacity) resize(leaf, leaf->count + 1);
  new (leaf->end()) Cell(cell);
  ++leaf->count;
}

void Leaf::remove(Leaf*& leaf, Cell* cell) {
  *cell = *(leaf->end() - 1);
  --leaf->count;
  if (leaf->capacity > leaf->count + leaf->count / 4 + 8) resize(leaf, leaf->count + 1);
}

}  // namespace slotway::backend
