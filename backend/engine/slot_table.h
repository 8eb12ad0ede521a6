// SlotTable: the entries of one slot of one database, by linear hashing.
//
// n leaves (leaf.h) hold the entries; the hash modulo the next power of two, or half of it where
// that leaf does not exist yet, says which. An insertion that makes the leaves too full splits one
// of them, a removal that leaves them too empty joins two: every step is bounded, nothing is ever
// rehashed as a whole, and the memory per entry is the same at any size. Source: Litwin, "Linear
// hashing: a new tool for file and table addressing" (1980).
//
// The order of a scan is that of the hashes read backwards, in which each leaf is one interval; a
// position in that order stays good while leaves split and join. One thread.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>

#include "backend/engine/entry.h"
#include "backend/engine/growing_array.h"
#include "backend/engine/key.h"
#include "backend/engine/leaf.h"

namespace slotway::backend {

class SlotTable {
 public:
  // Scan positions are the first so many bits of the backward hash.
  static constexpr unsigned kPositionBits = 34;

  SlotTable() = default;
  SlotTable(const SlotTable&) = delete;
  SlotTable& operator=(const SlotTable&) = delete;
  // Gives back the table alone; the entries are the owner's.
  ~SlotTable();

  uint64_t size() const { return size_; }

  // The cell is good until the next insert or remove.
  Cell* find(const Key& key) {
    return leaves_.empty() ? nullptr : leaf_of(key.hash)->find(key.hash, key.bytes);
  }
  // Requires that the key is not in the table.
  void insert(const Key& key, Entry* entry);
  // Takes the entry of a found cell out.
  void remove(const Key& key, Cell* cell);

  // Calls visit(Entry*) for a bounded part of the table from `position` on, at least for all
  // entries of one leaf, and returns the position from which to go on, or nothing at the end.
  // Whoever goes on until the end, from position 0, is shown each entry that was there all the time
  // at least once, whatever is inserted and removed between the calls. visit must not change the
  // table.
  template <typename Visit>
  std::optional<uint64_t> scan(uint64_t position, Visit&& visit) const {
    if (leaves_.empty()) return std::nullopt;
    const uint64_t backward = position << (64 - kPositionBits);
    const Leaf* const leaf = leaf_of(reversed(backward));
    for (const Cell& cell : *leaf) visit(cell.entry());
    if (leaf->level == 0) return std::nullopt;
    const unsigned ignored = 64u - leaf->level;
    const uint64_t next = ((backward >> ignored) + 1) << ignored;
    if (next == 0) return std::nullopt;
    return next >> (64 - kPositionBits);
  }

  // Calls visit(Entry*) for every entry. visit must not change the table.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (uint32_t i = 0; i < leaves_.size(); ++i) {
      for (const Cell& cell : *leaves_[i]) visit(cell.entry());
    }
  }

  // Any entry, each with the same probability. `random()` gives 64 random bits. Requires size() >
  // 0.
  template <typename Random>
  Entry* pick(Random&& random) const;

  // Bring the lines that find() will need into the cache, one step of the chain each: the table has
  // arrived; the leaf has arrived.
  void prefetch_leaf(uint64_t hash) const {
    if (!leaves_.empty()) {
      const auto* const line = reinterpret_cast<const char*>(leaf_of(hash));
      __builtin_prefetch(line);
      __builtin_prefetch(line + 64);
    }
  }
  void prefetch_entry(uint64_t hash) const {
    if (leaves_.empty()) return;
    const Leaf* const leaf = leaf_of(hash);
    const uint16_t tag = leaf->tag_of(hash);
    for (const Cell& cell : *leaf) {
      if (cell.tag() == tag) {
        __builtin_prefetch(cell.entry());
        return;
      }
    }
  }
  const void* leaf_directory() const { return leaves_.root(); }

  // Bytes allocated for the table, entries excluded.
  size_t memory() const;

 private:
  static constexpr uint32_t kSplitAbove = 16;  // entries per leaf, on average
  static constexpr uint32_t kJoinBelow = 6;

  static uint64_t reversed(uint64_t bits);

  uint32_t index_of(uint64_t hash) const {
    const uint32_t mask = std::bit_ceil(leaves_.size()) - 1;
    const auto index = static_cast<uint32_t>(hash) & mask;
    return index < leaves_.size() ? index : index & (mask >> 1);
  }
  Leaf* leaf_of(uint64_t hash) const { return leaves_[index_of(hash)]; }
  void split_one();
  void join_one();

  GrowingArray<Leaf*> leaves_;
  uint64_t size_ = 0;
};

template <typename Random>
Entry* SlotTable::pick(Random&& random) const {
  constexpr uint32_t kFewLeaves = 64;
  if (leaves_.size() <= kFewLeaves) {
    uint64_t rank = random() % size_;
    for (uint32_t i = 0;; ++i) {
      if (rank < leaves_[i]->count) return leaves_[i]->cells()[rank].entry();
      rank -= leaves_[i]->count;
    }
  }
  // Throwing away what falls behind a leaf's end makes full and empty leaves even. By chance no
  // leaf gets near four times the mean.
  constexpr uint64_t kMostInLeaf = 4 * kSplitAbove;
  while (true) {
    const Leaf* const leaf = leaves_[static_cast<uint32_t>(random() % leaves_.size())];
    const uint64_t rank = random() % kMostInLeaf;
    if (rank < leaf->count) return leaf->cells()[rank].entry();
  }
}

}  // namespace slotway::backend
