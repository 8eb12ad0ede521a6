#include "backend/engine/slot_table.h"

#include <algorithm>

namespace slotway::backend {

SlotTable::~SlotTable() {
  for (uint32_t i = 0; i < leaves_.size(); ++i) Leaf::release(leaves_[i]);
}

uint64_t SlotTable::reversed(uint64_t bits) {
  bits = ((bits >> 1) & 0x5555555555555555u) | ((bits & 0x5555555555555555u) << 1);
  bits = ((bits >> 2) & 0x3333333333333333u) | ((bits & 0x3333333333333333u) << 2);
  bits = ((bits >> 4) & 0x0f0f0f0f0f0f0f0fu) | ((bits & 0x0f0f0f0f0f0f0f0fu) << 4);
  return __builtin_bswap64(bits);
}

void SlotTable::insert(const Key& key, Entry* entry) {
  if (leaves_.empty()) leaves_.push_back(Leaf::make(0, 1));
  Leaf*& leaf = leaves_[index_of(key.hash)];
  Leaf::append(leaf, Cell(entry, leaf->tag_of(key.hash)));
  ++size_;
  if (size_ > uint64_t{leaves_.size()} * kSplitAbove) split_one();
}

void SlotTable::remove(const Key& key, Cell* cell) {
  Leaf::remove(leaves_[index_of(key.hash)], cell);
  --size_;
  if (leaves_.size() > 1 && size_ < uint64_t{leaves_.size()} * kJoinBelow) join_one();
}

// Leaf i gives those of its entries to the new leaf i + 2^level that have the bit `level` set.
void SlotTable::split_one() {
  const uint32_t fresh_index = leaves_.size();
  const uint32_t old_index = fresh_index - std::bit_floor(fresh_index);
  Leaf* const old = leaves_[old_index];
  const unsigned level = old->level;
  // The next window of tag bits: every hash is needed again.
  const bool rehash = (level + 1) % Leaf::kWindow == 0;
  if (rehash) {
    for (const Cell& cell : *old) __builtin_prefetch(cell.entry());
  }
  Leaf* low = Leaf::make(level + 1, old->count / 2 + 1);
  Leaf* high = Leaf::make(level + 1, old->count / 2 + 1);
  const unsigned bit = level - old->tag_shift();
  for (const Cell& cell : *old) {
    Leaf*& half = cell.tag() >> bit & 1 ? high : low;
    const uint16_t tag = rehash ? half->tag_of(hash_bytes(cell.entry()->key())) : cell.tag();
    Leaf::append(half, Cell(cell.entry(), tag));
  }
  Leaf::release(old);
  leaves_[old_index] = low;
  leaves_.push_back(high);
}

// The reverse: the last leaf goes back into the one that it was split from.
void SlotTable::join_one() {
  const uint32_t last_index = leaves_.size() - 1;
  const uint32_t into_index = last_index - std::bit_floor(last_index);
  Leaf* const high = leaves_[last_index];
  Leaf* const low = leaves_[into_index];
  const unsigned level = low->level - 1u;
  const bool rehash = low->level % Leaf::kWindow == 0;
  Leaf* joined = Leaf::make(level, low->count + high->count + 1);
  for (const Leaf* half : {low, high}) {
    for (const Cell& cell : *half) {
      const uint16_t tag = rehash ? joined->tag_of(hash_bytes(cell.entry()->key())) : cell.tag();
      Leaf::append(joined, Cell(cell.entry(), tag));
    }
  }
  Leaf::release(low);
  Leaf::release(high);
  leaves_.pop_back();
  leaves_[into_index] = joined;
}

size_t SlotTable::memory() const {
  size_t bytes = sizeof *this + leaves_.memory();
  for (uint32_t i = 0; i < leaves_.size(); ++i) bytes += leaves_[i]->memory();
  return bytes;
}

}  // namespace slotway::backend
