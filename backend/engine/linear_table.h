// LinearTable: a hash table of entries that somebody else owns, by linear hashing.
//
// n leaves (leaf.h) hold the entries; the hash modulo the next power of two, or half of it where
// that leaf does not exist yet, says which. An insertion that makes the leaves too full splits one
// of them, a removal that leaves them too empty joins two: every step is bounded, nothing is ever
// rehashed as a whole, and the memory per entry is the same at any size. Source: Litwin, "Linear
// hashing: a new tool for file and table addressing" (1980).
//
// The order of a scan is that of the hashes read backwards, in which each leaf is one interval; a
// position in that order stays good while leaves split and join.
//
// `Entry` has `std::string_view key() const`; hashes are hash_bytes() of that. One thread.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "backend/engine/backward_bits.h"
#include "backend/engine/growing_array.h"
#include "backend/engine/hash.h"
#include "backend/engine/leaf.h"
#include "wire/prefetch.h"

namespace slotway::backend {

template <typename Entry>
class LinearTable {
 public:
  using Cell = TableCell<Entry>;

  // Scan positions are the first so many bits of the backward hash.
  static constexpr unsigned kPositionBits = 34;

  LinearTable() = default;
  LinearTable(const LinearTable&) = delete;
  LinearTable& operator=(const LinearTable&) = delete;
  // Gives back the table alone; the entries are the owner's.
  ~LinearTable() {
    for (uint32_t i = 0; i < leaves_.size(); ++i) LeafHeader::release(leaves_[i]);
  }

  uint64_t size() const { return size_; }

  // The cell is good until the next insert or remove.
  Cell* find(uint64_t hash, std::string_view key) {
    return leaves_.empty() ? nullptr : leaf_of(hash)->find(hash, key);
  }
  // Requires that the key is not in the table.
  void insert(uint64_t hash, Entry* entry);
  // Takes the entry of a found cell out.
  void remove(uint64_t hash, Cell* cell);

  // Calls visit(Entry*) for a bounded part of the table from `position` on, at least for all
  // entries of one leaf, and returns the position from which to go on, or nothing at the end.
  // Whoever goes on until the end, from position 0, is shown each entry that was there all the time
  // at least once, whatever is inserted and removed between the calls. visit must not change the
  // table.
  template <typename Visit>
  std::optional<uint64_t> scan(uint64_t position, Visit&& visit) const {
    if (leaves_.empty()) return std::nullopt;
    const uint64_t backward = position << (64 - kPositionBits);
    const Leaf<Entry>* const leaf = leaf_of(backward_bits(backward));
    for (const Cell& cell : *leaf) visit(cell.entry());
    if (leaf->level == 0) return std::nullopt;
    const unsigned ignored = 64u - leaf->level;
    const uint64_t next = ((backward >> ignored) + 1) << ignored;
    if (next == 0) return std::nullopt;
    return next >> (64 - kPositionBits);
  }

  // Takes the last leaf out and calls dispose(Entry*) for its entries; false if there is none. From
  // then on the table is good for nothing but more of this.
  template <typename Dispose>
  bool dismantle(Dispose&& dispose) {
    if (leaves_.empty()) return false;
    Leaf<Entry>* const leaf = leaves_[leaves_.size() - 1];
    for (const Cell& cell : *leaf) wire::prefetch(cell.entry());
    for (const Cell& cell : *leaf) dispose(cell.entry());
    size_ -= leaf->count;
    release_leaf(leaf);
    leaves_.pop_back();
    return true;
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
  Entry* pick(Random&& random) const {
    const Place place = pick_place(random);
    return place.leaf->begin()[place.rank].entry();
  }

  // Calls visit(Entry*) for all entries of a leaf, each leaf as likely as it has entries: a sample
  // that costs little more than one entry. Requires size() > 0.
  template <typename Random, typename Visit>
  void sample(Random&& random, Visit&& visit) const {
    const Leaf<Entry>* const leaf = pick_place(random).leaf;
    for (const Cell& cell : *leaf) wire::prefetch(cell.entry());
    for (const Cell& cell : *leaf) visit(cell.entry());
  }
  // The cell of this very entry, or null if it is not in the table; `entry` is not looked at.
  // `hash` is of its key.
  Cell* find_entry(uint64_t hash, const Entry* entry) {
    if (leaves_.empty()) return nullptr;
    for (Cell& cell : *leaf_of(hash)) {
      if (cell.entry() == entry) return &cell;
    }
    return nullptr;
  }

  // Moves leaf number `index`, and its share of the directory. Whoever goes from 0 to leaf_count()
  // gets round the whole table but for what is joined with earlier leaves meanwhile. Requires
  // index < leaf_count().
  void relocate_leaf(uint32_t index, Relocation& relocation) {
    leaves_.relocate(index, relocation);
    Leaf<Entry>*& leaf = leaves_[index];
    relocation.move(leaf, leaf->memory());
  }
  // The cells of leaf number `index`, whose entries may get another place.
  std::span<Cell> cells(uint32_t index) { return {leaves_[index]->begin(), leaves_[index]->count}; }
  uint32_t leaf_count() const { return leaves_.size(); }

  // Bring the lines that find() will need into the cache, one step of the chain each: the table has
  // arrived; the directory has; the leaf has.
  void prefetch_directory() const { wire::prefetch(leaves_.root()); }
  void prefetch_leaf(uint64_t hash) const {
    if (!leaves_.empty()) {
      const auto* const line = reinterpret_cast<const char*>(leaf_of(hash));
      wire::prefetch(line);
      wire::prefetch(line + 64);
    }
  }
  void prefetch_entry(uint64_t hash) const {
    if (leaves_.empty()) return;
    const Leaf<Entry>* const leaf = leaf_of(hash);
    const uint16_t tag = leaf->tag_of(hash);
    for (const Cell& cell : *leaf) {
      if (cell.tag() == tag) {
        wire::prefetch(cell.entry());
        return;
      }
    }
  }

  // Bytes allocated for the table, entries excluded. O(1).
  size_t memory() const { return sizeof *this + leaves_.memory() + leaf_bytes_; }

 private:
  static constexpr uint32_t kSplitAbove = 16;  // entries per leaf, on average
  static constexpr uint32_t kJoinBelow = 6;

  uint32_t index_of(uint64_t hash) const {
    const uint32_t mask = std::bit_ceil(leaves_.size()) - 1;
    const auto index = static_cast<uint32_t>(hash) & mask;
    return index < leaves_.size() ? index : index & (mask >> 1);
  }
  Leaf<Entry>* leaf_of(uint64_t hash) const { return leaves_[index_of(hash)]; }
  Leaf<Entry>* make_leaf(unsigned level, uint32_t room) {
    Leaf<Entry>* const leaf = Leaf<Entry>::make(level, room);
    leaf_bytes_ += leaf->memory();
    return leaf;
  }
  void release_leaf(Leaf<Entry>* leaf) {
    leaf_bytes_ -= leaf->memory();
    LeafHeader::release(leaf);
  }
  // With the right memory() afterwards.
  void append(Leaf<Entry>*& leaf, Cell cell) {
    const size_t before = leaf->memory();
    Leaf<Entry>::append(leaf, cell);
    leaf_bytes_ += leaf->memory() - before;
  }
  void split_one();
  void join_one();

  struct Place {
    const Leaf<Entry>* leaf;
    uint64_t rank;  // in the leaf
  };
  template <typename Random>
  Place pick_place(Random&& random) const;

  GrowingArray<Leaf<Entry>*> leaves_;
  uint64_t size_ = 0;
  size_t leaf_bytes_ = 0;
};

template <typename Entry>
void LinearTable<Entry>::insert(uint64_t hash, Entry* entry) {
  if (leaves_.empty()) leaves_.push_back(make_leaf(0, 1));
  Leaf<Entry>*& leaf = leaves_[index_of(hash)];
  append(leaf, Cell(entry, leaf->tag_of(hash)));
  ++size_;
  if (size_ > uint64_t{leaves_.size()} * kSplitAbove) split_one();
}

template <typename Entry>
void LinearTable<Entry>::remove(uint64_t hash, Cell* cell) {
  Leaf<Entry>*& leaf = leaves_[index_of(hash)];
  leaf_bytes_ -= leaf->memory();
  Leaf<Entry>::remove(leaf, cell);
  leaf_bytes_ += leaf->memory();
  --size_;
  if (leaves_.size() > 1 && size_ < uint64_t{leaves_.size()} * kJoinBelow) join_one();
}

// Leaf i gives those of its entries to the new leaf i + 2^level that have the bit `level` set.
template <typename Entry>
void LinearTable<Entry>::split_one() {
  const uint32_t fresh_index = leaves_.size();
  const uint32_t old_index = fresh_index - std::bit_floor(fresh_index);
  Leaf<Entry>* const old = leaves_[old_index];
  const unsigned level = old->level;
  // The next window of tag bits: every hash is needed again.
  const bool rehash = (level + 1) % LeafHeader::kWindow == 0;
  if (rehash) {
    for (const Cell& cell : *old) wire::prefetch(cell.entry());
  }
  Leaf<Entry>* low = make_leaf(level + 1, old->count / 2 + 1);
  Leaf<Entry>* high = make_leaf(level + 1, old->count / 2 + 1);
  const unsigned bit = level - old->tag_shift();
  for (const Cell& cell : *old) {
    Leaf<Entry>*& half = cell.tag() >> bit & 1 ? high : low;
    const uint16_t tag = rehash ? half->tag_of(hash_bytes(cell.entry()->key())) : cell.tag();
    append(half, Cell(cell.entry(), tag));
  }
  release_leaf(old);
  leaves_[old_index] = low;
  leaves_.push_back(high);
}

// The reverse: the last leaf goes back into the one that it was split from.
template <typename Entry>
void LinearTable<Entry>::join_one() {
  const uint32_t last_index = leaves_.size() - 1;
  const uint32_t into_index = last_index - std::bit_floor(last_index);
  Leaf<Entry>* const high = leaves_[last_index];
  Leaf<Entry>* const low = leaves_[into_index];
  const unsigned level = low->level - 1u;
  const bool rehash = low->level % LeafHeader::kWindow == 0;
  Leaf<Entry>* joined = make_leaf(level, low->count + high->count + 1);
  for (const Leaf<Entry>* half : {low, high}) {
    for (const Cell& cell : *half) {
      const uint16_t tag = rehash ? joined->tag_of(hash_bytes(cell.entry()->key())) : cell.tag();
      append(joined, Cell(cell.entry(), tag));
    }
  }
  release_leaf(low);
  release_leaf(high);
  leaves_.pop_back();
  leaves_[into_index] = joined;
}

template <typename Entry>
template <typename Random>
typename LinearTable<Entry>::Place LinearTable<Entry>::pick_place(Random&& random) const {
  constexpr uint32_t kFewLeaves = 64;
  if (leaves_.size() <= kFewLeaves) {
    uint64_t rank = random() % size_;
    for (uint32_t i = 0;; ++i) {
      if (rank < leaves_[i]->count) return {leaves_[i], rank};
      rank -= leaves_[i]->count;
    }
  }
  // Throwing away what falls behind a leaf's end makes full and empty leaves even. By chance no
  // leaf gets near four times the mean.
  constexpr uint64_t kMostInLeaf = 4 * kSplitAbove;
  while (true) {
    const Leaf<Entry>* const leaf = leaves_[static_cast<uint32_t>(random() % leaves_.size())];
    // Unless somebody has taken out what a scan showed him, leaf by leaf: then those of a crowded
    // leaf come up less often, but they do.
    const uint64_t rank = random() % std::max<uint64_t>(kMostInLeaf, leaf->count);
    if (rank < leaf->count) return {leaf, rank};
  }
}

}  // namespace slotway::backend
