// Keyspace: the entries of one database, kept by slot.
//
// Structure only: it knows no clock and gives back no value; whoever takes an entry out owns it.
// The directory of slots (128 KiB, as much again for the counts) and a slot's table are made when
// first used, so that sixteen databases cost what is in them. One thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "backend/engine/expiry_index.h"
#include "backend/engine/fenwick.h"
#include "backend/engine/relocation.h"
#include "backend/engine/slot_table.h"

namespace slotway::backend {

class Keyspace {
 public:
  // A scan's position over all slots; 0 is both the begin and the end. Less than 2^48: the slot,
  // then SlotTable::kPositionBits.
  using Cursor = uint64_t;
  static constexpr unsigned kCursorBits = 14 + SlotTable::kPositionBits;

  // Everything that one slot holds.
  struct SlotContents {
    std::unique_ptr<SlotTable> table;  // may be null: nothing
    std::unique_ptr<ExpiryList> expiries;
  };

  // Everything that a database holds, in one piece.
  struct Contents {
    ~Contents();  // the tables; the entries must be gone
    // Calls dispose(Entry*) for every entry and forgets them.
    template <typename Dispose>
    void dispose_all(Dispose&& dispose);
    // Leaves the slot empty. O(1).
    SlotContents take_slot(wire::Slot slot);

    std::array<SlotTable*, wire::kSlotCount> tables{};
    FenwickTree<wire::kSlotCount> counts;
    ExpiryIndex expiries;
    uint64_t bytes = 0;
    std::array<uint64_t, kTypeCount - 1> others{};  // as SlotTable's
  };

  uint64_t size() const { return contents_ ? contents_->counts.total() : 0; }
  uint64_t size(wire::Slot slot) const {
    const SlotTable* const table = table_of(slot);
    return table ? table->size() : 0;
  }
  // Keys whose values are of this type.
  uint64_t size(Type type) const;
  // Keys in the slots of [first, last].
  uint64_t size(wire::Slot first, wire::Slot last) const {
    return contents_ ? contents_->counts.sum_before(last + size_t{1}) -
                           contents_->counts.sum_before(first)
                     : 0;
  }
  // Bytes of all keys, values, tables and expiries; the directories of the database (a few hundred
  // KiB) are not among them.
  uint64_t bytes() const { return contents_ ? contents_->bytes + contents_->expiries.memory() : 0; }
  uint64_t bytes(wire::Slot slot) const {
    const SlotTable* const table = table_of(slot);
    return table ? table->bytes() + contents_->expiries.memory(slot) : 0;
  }
  uint64_t expiring(wire::Slot slot) const {
    return contents_ ? contents_->expiries.size(slot) : 0;
  }
  uint64_t expiring() const { return contents_ ? contents_->expiries.size() : 0; }

  // The cell is good until the next insertion or removal.
  Cell* find(const Key& key) const {
    SlotTable* const table = table_of(key.slot);
    return table ? table->find(key.hash, key.bytes) : nullptr;
  }
  // Fetches the lines that find() will read for these keys.
  void prefetch(std::span<const Key> keys) const;
  // Requires that the key is not there. Takes the entry over.
  void insert(const Key& key, Entry* entry);
  // Puts `fresh`, an entry of the same key, into a found cell; the old entry is the caller's then.
  Entry* exchange(const Key& key, Cell& cell, Entry* fresh);
  // Takes the entry of a found cell out; it is the caller's then.
  Entry* detach(const Key& key, Cell& cell);
  // Gives the entry of a found cell another expiry, or none; it may move.
  void set_expiry(const Key& key, Cell& cell, int64_t expiry_ms);

  // To be told when a value that stands outside of its entry has changed its size in place, by so
  // many bytes, before anything else happens to the entry.
  void value_grew(wire::Slot slot, int64_t bytes) {
    contents_->tables[slot]->entry_bytes += static_cast<uint64_t>(bytes);
    contents_->bytes += static_cast<uint64_t>(bytes);
  }

  // See SlotTable::scan. Goes over slots without keys; returns the next cursor. A cursor that no
  // scan gave out leads somewhere or to the end.
  template <typename Visit>
  Cursor scan(Cursor cursor, Visit&& visit) const;
  // Moves a leaf of a slot's table, its entries, and their share of what belongs to the slot, until
  // the step is full. Calls visit(Entry*, whether it moved) for the entries, whose values have
  // stayed where they were. Returns the position from which to go on, or 0 at the end; 0 is also
  // the beginning. What comes and goes between the calls may be left out or shown twice.
  template <typename Visit>
  uint64_t relocate(uint64_t position, Relocation& relocation, Visit&& visit);
  // visit(Entry*) for all entries, of one slot or of all. visit must not change the keyspace.
  template <typename Visit>
  void for_each(wire::Slot slot, Visit&& visit) const {
    if (const SlotTable* const table = table_of(slot)) table->for_each(visit);
  }
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (size_t slot = 0; contents_ && slot < wire::kSlotCount; ++slot) {
      for_each(static_cast<wire::Slot>(slot), visit);
    }
  }
  // Any entry, each with the same probability. Requires size() > 0.
  template <typename Random>
  Entry* pick(Random&& random) const {
    return contents_->tables[contents_->counts.find(random() % size())]->pick(random);
  }

  // See LinearTable::sample; visit(wire::Slot, Entry*). Requires size() > 0.
  template <typename Random, typename Visit>
  void sample(Random&& random, Visit&& visit) const {
    const auto slot = static_cast<wire::Slot>(contents_->counts.find(random() % size()));
    contents_->tables[slot]->sample(random, [&](Entry* entry) { visit(slot, entry); });
  }
  // Any expiring entry, each with the same probability. Requires expiring() > 0.
  template <typename Random>
  ExpiryIndex::Next pick_expiring(Random&& random) const {
    return contents_->expiries.pick(random);
  }

  // The soonest expiry; see ExpiryIndex.
  Tick earliest_expiry() const { return contents_ ? contents_->expiries.earliest() : kNever; }
  // The mean of all expiries, to half a second, in ms of the Unix epoch. Requires expiring() > 0.
  int64_t mean_expiry_ms() const { return wall_ms_of(contents_->expiries.mean()); }
  ExpiryIndex::Next next_expiring() const { return contents_->expiries.next(); }

  // Leaves the keyspace empty. May be null.
  std::unique_ptr<Contents> take_contents() { return std::move(contents_); }
  // Leaves the slot empty. O(1).
  SlotContents take_slot(wire::Slot slot);
  void swap(Keyspace& other) noexcept { contents_.swap(other.contents_); }

  SlotTable* table_of(wire::Slot slot) const {
    return contents_ ? contents_->tables[slot] : nullptr;
  }

 private:
  // `n` entries more of the type of this one, or less. Strings are what is left over: they cost
  // nothing here.
  void count_type(SlotTable& table, const Entry* entry, int n);
  // Whether it has moved.
  bool relocate_entry(wire::Slot slot, Cell& cell, Relocation& relocation);
  // The first slot from `slot` on that has keys, or kSlotCount.
  size_t next_used(size_t slot) const;

  std::unique_ptr<Contents> contents_;
};

template <typename Dispose>
void Keyspace::Contents::dispose_all(Dispose&& dispose) {
  for (SlotTable*& table : tables) {
    if (!table) continue;
    table->for_each(dispose);
    delete table;
    table = nullptr;
  }
}

template <typename Visit>
Keyspace::Cursor Keyspace::scan(Cursor cursor, Visit&& visit) const {
  constexpr unsigned kBits = SlotTable::kPositionBits;
  const Cursor slot = cursor >> kBits;
  if (slot >= wire::kSlotCount) return 0;
  std::optional<uint64_t> next;
  if (const SlotTable* const table = table_of(static_cast<wire::Slot>(slot))) {
    next = table->scan(cursor & ((Cursor{1} << kBits) - 1), visit);
  }
  if (next) return slot << kBits | *next;
  const size_t next_slot = next_used(slot + 1);
  return next_slot == wire::kSlotCount ? 0 : Cursor{next_slot} << kBits;
}

template <typename Visit>
uint64_t Keyspace::relocate(uint64_t position, Relocation& relocation, Visit&& visit) {
  // The slot, the leaf, and how many of its cells are done.
  constexpr unsigned kCellBits = 18;
  constexpr unsigned kLeafBits = 32;
  constexpr uint64_t kMostCells = (uint64_t{1} << kCellBits) - 1;
  const auto place = [](uint64_t slot, uint64_t leaf, uint64_t cell) {
    return (slot << kLeafBits | leaf) << kCellBits | cell;
  };
  const uint64_t index = position >> (kLeafBits + kCellBits);
  auto leaf = static_cast<uint32_t>(position >> kCellBits);
  uint64_t done = position & kMostCells;
  if (!contents_ || index >= wire::kSlotCount) return 0;
  const auto slot = static_cast<wire::Slot>(index);
  SlotTable*& table = contents_->tables[slot];
  if (table && leaf < table->leaf_count()) {
    if (done == 0) {
      if (leaf == 0) relocation.move_object(table);
      // There are never more pages than leaves.
      contents_->expiries.relocate_page(slot, leaf, relocation);
      table->relocate_leaf(leaf, relocation);
    }
    const std::span<Cell> all = table->cells(leaf);
    const std::span<Cell> cells = all.subspan(std::min<uint64_t>(done, all.size()));
    for (const Cell& cell : cells) wire::prefetch(cell.entry());
    for (Cell& cell : cells) {
      const bool moved = relocate_entry(slot, cell, relocation);
      visit(cell.entry(), moved);
      if (++done <= kMostCells && relocation.step_is_full()) return place(index, leaf, done);
    }
    if (++leaf < table->leaf_count()) return place(index, leaf, 0);
  }
  const size_t next = next_used(index + 1);
  return next == wire::kSlotCount ? 0 : place(next, 0, 0);
}

}  // namespace slotway::backend
