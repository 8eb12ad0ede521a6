// Leaf: an unordered array of a few dozen entries whose hashes share their low bits; what a
// LinearTable consists of.
//
// A cell holds an entry's address and 16 bits of its hash, so that a look-up touches almost only
// the entry it is after. Which 16 bits moves on with the leaf's level, so that the low bits that
// all of a leaf share never make up more than half of them; a split within such a window of
// levels needs no entry to be touched.
//
// `Entry` is whatever has a key: `std::string_view key() const`. Functions that may reallocate take
// the leaf by reference to its owner's pointer. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace slotway::backend {

template <typename Entry>
class TableCell {
 public:
  TableCell(Entry* entry, uint16_t tag)
      : word_(reinterpret_cast<uintptr_t>(entry) | static_cast<uint64_t>(tag) << kAddressBits) {}

  Entry* entry() const { return reinterpret_cast<Entry*>(word_ & kAddressMask); }
  uint16_t tag() const { return static_cast<uint16_t>(word_ >> kAddressBits); }
  // The same key in another place.
  void set_entry(Entry* entry) { *this = TableCell(entry, tag()); }

 private:
  static constexpr int kAddressBits = 48;  // user space of x86-64 and AArch64
  static constexpr uint64_t kAddressMask = (uint64_t{1} << kAddressBits) - 1;
  uint64_t word_;
};

// The part that does not depend on what the entries are.
struct LeafHeader {
  static constexpr unsigned kWindow = 8;  // levels that use the same bits as tag
  static constexpr size_t kCellSize = sizeof(uint64_t);

  uint32_t count;
  uint32_t capacity : 24;  // cells
  uint32_t level : 8;      // how many low bits of the hash all entries share

  unsigned tag_shift() const { return level / kWindow * kWindow; }
  uint16_t tag_of(uint64_t hash) const { return static_cast<uint16_t>(hash >> tag_shift()); }
  // Bytes of the leaf's own allocation.
  size_t memory() const { return sizeof(LeafHeader) + capacity * kCellSize; }

  static LeafHeader* make(unsigned level, uint32_t room);
  static void release(LeafHeader* leaf);
  // The leaf with room for `count` cells; it may have moved.
  static LeafHeader* resized(LeafHeader* leaf, uint32_t count);
};

static_assert(sizeof(LeafHeader) == 8);

template <typename Entry>
struct Leaf : LeafHeader {
  using Cell = TableCell<Entry>;
  static_assert(sizeof(Cell) == kCellSize);

  Cell* begin() { return reinterpret_cast<Cell*>(this + 1); }
  Cell* end() { return begin() + count; }
  const Cell* begin() const { return reinterpret_cast<const Cell*>(this + 1); }
  const Cell* end() const { return begin() + count; }

  static Leaf* make(unsigned level, uint32_t room) {
    return static_cast<Leaf*>(LeafHeader::make(level, room));
  }

  static void append(Leaf*& leaf, Cell cell) {
    if (leaf->count == leaf->capacity) leaf = static_cast<Leaf*>(resized(leaf, leaf->count + 1));
    new (leaf->end()) Cell(cell);
    ++leaf->count;
  }

  // Takes `cell`, which is one of the leaf's, out; gives memory back when much is unused.
  static void remove(Leaf*& leaf, Cell* cell) {
    *cell = *(leaf->end() - 1);
    --leaf->count;
    if (leaf->capacity > leaf->count + leaf->count / 8 + 5) {
      leaf = static_cast<Leaf*>(resized(leaf, leaf->count + 1));
    }
  }

  Cell* find(uint64_t hash, std::string_view key) {
    const uint16_t tag = tag_of(hash);
    for (Cell& cell : *this) {
      if (cell.tag() == tag && cell.entry()->key() == key) return &cell;
    }
    return nullptr;
  }
};

}  // namespace slotway::backend
