// Leaf: an unordered array of a few dozen entries whose hashes share their low bits; what a slot's
// table consists of.
//
// A cell holds an entry's address and 16 bits of its hash, so that a look-up touches almost only
// the entry it is after. Which 16 bits moves on with the leaf's level, so that the low bits that
// all of a leaf share never make up more than half of them; a split within such a window of
// levels needs no entry to be touched.
//
// Functions that may reallocate take the leaf by reference to its owner's pointer. One thread.
#pragma once

#include <cstdint>

#include "backend/engine/entry.h"

namespace slotway::backend {

class Cell {
 public:
  Cell(Entry* entry, uint16_t tag)
      : word_(reinterpret_cast<uintptr_t>(entry) | static_cast<uint64_t>(tag) << kAddressBits) {}

  Entry* entry() const { return reinterpret_cast<Entry*>(word_ & kAddressMask); }
  uint16_t tag() const { return static_cast<uint16_t>(word_ >> kAddressBits); }
  // The same key in another place.
  void set_entry(Entry* entry) { *this = Cell(entry, tag()); }

 private:
  static constexpr int kAddressBits = 48;  // user space of x86-64 and AArch64
  static constexpr uint64_t kAddressMask = (uint64_t{1} << kAddressBits) - 1;
  uint64_t word_;
};

struct Leaf {
  static constexpr unsigned kWindow = 8;  // levels that use the same bits as tag

  uint32_t count;
  uint32_t capacity : 24;  // cells
  uint32_t level : 8;      // how many low bits of the hash all entries share

  Cell* cells() { return reinterpret_cast<Cell*>(this + 1); }
  const Cell* cells() const { return reinterpret_cast<const Cell*>(this + 1); }
  Cell* begin() { return cells(); }
  Cell* end() { return cells() + count; }
  const Cell* begin() const { return cells(); }
  const Cell* end() const { return cells() + count; }

  unsigned tag_shift() const { return level / kWindow * kWindow; }
  uint16_t tag_of(uint64_t hash) const { return static_cast<uint16_t>(hash >> tag_shift()); }

  static Leaf* make(unsigned level, uint32_t room);
  static void release(Leaf* leaf);
  static void append(Leaf*& leaf, Cell cell);
  // Takes `cell`, which is one of the leaf's, out; gives memory back when much is unused.
  static void remove(Leaf*& leaf, Cell* cell);

  Cell* find(uint64_t hash, std::string_view key) {
    const uint16_t tag = tag_of(hash);
    for (Cell& cell : *this) {
      if (cell.tag() == tag && cell.entry()->key() == key) return &cell;
    }
    return nullptr;
  }

  // Bytes of the leaf's own allocation.
  size_t memory() const { return sizeof(Leaf) + capacity * sizeof(Cell); }
};

static_assert(sizeof(Leaf) == 8 && sizeof(Cell) == 8);

}  // namespace slotway::backend
