#include "wire/block.h"

#include <cstdlib>
#include <new>

namespace slotway::wire {

namespace {

uint8_t size_class_for(size_t capacity) {
  uint8_t c = 0;
  while (c < BlockPool::kCapacities.size() && BlockPool::kCapacities[c] < capacity) ++c;
  return c;
}

}  // namespace

BlockPool::~BlockPool() {
  for (Block* head : free_) {
    while (head) {
      Block* next = head->next_free;
      std::free(head);
      head = next;
    }
  }
}

BlockRef BlockPool::make(size_t capacity, uint8_t size_class) {
  auto* block = static_cast<Block*>(std::malloc(sizeof(Block) + capacity));
  if (!block) throw std::bad_alloc();
  block->pool = this;
  block->next_free = nullptr;
  block->refs = 1;
  block->size_class = size_class;
  block->capacity = capacity;
  return BlockRef::adopt(block);
}

BlockRef BlockPool::acquire_exact(size_t capacity) { return make(capacity, kOversize); }

BlockRef BlockPool::acquire(size_t capacity) {
  const uint8_t size_class = size_class_for(capacity);
  if (size_class == kOversize) return make(capacity, kOversize);
  Block* block = free_[size_class];
  if (!block) return make(kCapacities[size_class], size_class);
  free_[size_class] = block->next_free;
  idle_bytes_ -= block->capacity;
  block->next_free = nullptr;
  block->refs = 1;
  return BlockRef::adopt(block);
}

void BlockPool::release(Block* block) {
  if (block->size_class == kOversize || idle_bytes_ + block->capacity > kMaxIdleBytes) {
    std::free(block);
    return;
  }
  block->next_free = free_[block->size_class];
  free_[block->size_class] = block;
  idle_bytes_ += block->capacity;
}

}  // namespace slotway::wire
