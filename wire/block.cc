#include "wire/block.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace slotway::wire {

namespace {

constexpr size_t kPage = 4096;

uint8_t size_class_for(size_t capacity) {
  uint8_t c = 0;
  while (c < BlockPool::kCapacities.size() && BlockPool::kCapacities[c] < capacity) ++c;
  return c;
}

// Bytes of the mapping for a block. Whole huge pages only where the last one, which takes its
// memory as soon as its first byte is touched, is a small part of all.
size_t mapping_size(size_t capacity) {
  constexpr size_t kHugePage = 2 << 20;
  const size_t bytes = sizeof(Block) + capacity;
  const size_t unit = bytes < 32 * kHugePage ? kPage : kHugePage;
  return (bytes + unit - 1) / unit * unit;
}

void* checked(void* mapping, size_t size) {
  if (mapping == MAP_FAILED) throw std::bad_alloc();
  madvise(mapping, size, MADV_HUGEPAGE);  // an advice: without it pages are small
  return mapping;
}

void unmap(Block* block) { munmap(block, sizeof(Block) + block->capacity); }

}  // namespace

BlockPool::~BlockPool() {
  for (int i = 0; i < 2; ++i) shrink();  // the first finds what was needed, the second all
}

BlockRef BlockPool::make(size_t capacity, uint8_t size_class) {
  auto* const block = static_cast<Block*>(std::malloc(sizeof(Block) + capacity));
  if (!block) throw std::bad_alloc();
  *block = {this, nullptr, 1, size_class, 0, capacity};
  return BlockRef::adopt(block);
}

BlockRef BlockPool::map(size_t capacity) {
  const size_t size = mapping_size(capacity);
  auto* const block = static_cast<Block*>(checked(
      mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), size));
  *block = {this, nullptr, 1, kMapped, 0, size - sizeof(Block)};
  return BlockRef::adopt(block);
}

BlockRef BlockPool::acquire_exact(size_t capacity) {
  if (capacity < kMapFrom) return make(capacity, kOversize);
  BlockRef block = take_mapped(capacity);
  if (!block) return map(capacity);
  cut(block, capacity);
  return block;
}

BlockRef BlockPool::acquire_close(size_t capacity) {
  const uint8_t size_class = size_class_for(capacity);
  const bool is_close = size_class != kOversize && kCapacities[size_class] <= 2 * capacity;
  return is_close ? acquire(capacity) : acquire_exact(capacity);
}

BlockRef BlockPool::hold(std::shared_ptr<const void> object) {
  BlockRef block = make(sizeof object, kHolder);
  new (block->data()) std::shared_ptr<const void>(std::move(object));
  return block;
}

BlockRef BlockPool::acquire(size_t capacity) {
  const uint8_t size_class = size_class_for(capacity);
  if (size_class == kOversize) {
    if (capacity < kMapFrom) return make(capacity, kOversize);
    BlockRef block = take_mapped(capacity);
    return block ? block : map(capacity);
  }
  Free& free = free_[size_class];
  Block* const block = free.head;
  if (!block) return make(kCapacities[size_class], size_class);
  free.head = block->next_free;
  free.fewest = std::min(free.fewest, --free.count);
  idle_bytes_ -= block->capacity;
  block->next_free = nullptr;
  block->refs = 1;
  return BlockRef::adopt(block);
}

// The smallest that is large enough, and at most twice as large as that; or none.
BlockRef BlockPool::take_mapped(size_t capacity) {
  size_t best = mapped_count_;
  size_t smallest = 2 * capacity + 1;
  for (size_t i = 0; i < mapped_count_; ++i) {
    const size_t there = mapped_[i].block->capacity;
    if (there < capacity || there >= smallest) continue;
    best = i;
    smallest = there;
  }
  if (best == mapped_count_) return {};
  Block* const block = mapped_[best].block;
  mapped_[best] = mapped_[--mapped_count_];
  idle_mapped_ -= block->capacity;
  block->refs = 1;
  return BlockRef::adopt(block);
}

bool BlockPool::keep_mapped(Block* block) {
  // What has been cut may have become small.
  if (block->capacity < kMapFrom || idle_mapped_ + block->capacity > kMaxIdleMapped) return false;
  block->used_pages = static_cast<uint16_t>((sizeof(Block) + block->capacity) / kPage);
  mapped_[mapped_count_++] = {block, false};
  idle_mapped_ += block->capacity;
  return true;
}

void BlockPool::grow(BlockRef& block, size_t capacity) {
  const size_t size = mapping_size(capacity);
  const size_t old_size = sizeof(Block) + block->capacity;
  if (size <= old_size) return;
  Block* const old = block.release();
  auto* grown = static_cast<Block*>(checked(mremap(old, old_size, size, MREMAP_MAYMOVE), size));
  grown->capacity = size - sizeof(Block);
  block = BlockRef::adopt(grown);
}

void BlockPool::cut(const BlockRef& block, size_t capacity) {
  const size_t size = mapping_size(capacity);
  const size_t old_size = sizeof(Block) + block->capacity;
  if (size >= old_size) return;
  munmap(reinterpret_cast<char*>(block.get()) + size, old_size - size);
  block->capacity = size - sizeof(Block);
  block->used_pages = static_cast<uint16_t>(std::min<size_t>(block->used_pages, size / kPage));
}

size_t BlockPool::zero_from(const Block& block) {
  if (block.size_class != kMapped) return block.capacity;
  const size_t used = block.used_pages * kPage;
  return std::min(used - std::min(used, sizeof(Block)), block.capacity);
}

void BlockPool::shrink() {
  for (Free& free : free_) {
    for (; free.fewest > 0; --free.fewest) {
      Block* const block = free.head;
      free.head = block->next_free;
      --free.count;
      idle_bytes_ -= block->capacity;
      std::free(block);
    }
    free.fewest = free.count;
  }
  size_t kept = 0;
  for (size_t i = 0; i < mapped_count_; ++i) {
    Block* const block = mapped_[i].block;
    if (mapped_[i].seen) {
      idle_mapped_ -= block->capacity;
      unmap(block);
    } else {
      mapped_[kept++] = {block, true};
    }
  }
  mapped_count_ = kept;
}

void BlockPool::release(Block* block) {
  if (block->size_class == kMapped) {
    if (!keep_mapped(block)) unmap(block);
    return;
  }
  if (block->size_class == kHolder) {
    std::destroy_at(reinterpret_cast<std::shared_ptr<const void>*>(block->data()));
    std::free(block);
    return;
  }
  if (block->size_class == kOversize || idle_bytes_ + block->capacity > kMaxIdleBytes) {
    std::free(block);
    return;
  }
  Free& free = free_[block->size_class];
  block->next_free = free.head;
  free.head = block;
  ++free.count;
  idle_bytes_ += block->capacity;
}

}  // namespace slotway::wire
