// ExpiryHeap: the expiring entries of one slot, soonest first: a heap with four children to a node.
//
// Each entry knows its position here, so that it can be taken out or moved in log(n) steps.
// Deadlines are kept as ticks of 256 ms next to the entries' addresses, so that ordering touches no
// entry; within a tick the order is open. One thread.
#pragma once

#include <cstdint>

#include "backend/engine/entry.h"
#include "backend/engine/growing_array.h"

namespace slotway::backend {

using Tick = uint32_t;
inline constexpr Tick kNever = UINT32_MAX;

// The tick that `wall_ms` lies in: 256 ms each from the year 2020 on, for 34 years.
Tick tick_of(int64_t wall_ms);
// The middle of a tick.
int64_t wall_ms_of(Tick tick);

class ExpiryHeap {
 public:
  uint32_t size() const { return items_.size(); }
  Tick earliest() const { return items_.empty() ? kNever : items_[0].tick; }
  // Of the entry at a position.
  Tick tick(uint32_t position) const { return items_[position].tick; }
  // Of a position.
  Entry* entry(uint32_t position) const { return items_[position].entry(); }
  // Requires size() > 0.
  Entry* front() const { return items_[0].entry(); }

  // `entry` has an expiry and is not in the heap.
  void add(Entry* entry);
  // `entry` is in the heap.
  void remove(const Entry* entry);
  // The entry in the heap at position() of `entry` is `entry` now, perhaps with another expiry.
  void update(Entry* entry);

  // Of all entries' ticks.
  uint64_t tick_sum() const { return tick_sum_; }
  size_t memory() const { return items_.memory(); }

 private:
  struct Item {
    Tick tick;
    uint32_t low;  // of the address
    uint32_t high;
    Item(Tick at, const Entry* entry)
        : tick(at),
          low(static_cast<uint32_t>(reinterpret_cast<uintptr_t>(entry))),
          high(static_cast<uint32_t>(reinterpret_cast<uintptr_t>(entry) >> 32)) {}
    Entry* entry() const {
      return reinterpret_cast<Entry*>(static_cast<uintptr_t>(high) << 32 | low);
    }
  };

  static constexpr uint32_t kChildren = 4;
  // Writes `item` to where it belongs, from the free place `at` up or down.
  void place(uint32_t at, Item item);
  void put(uint32_t at, Item item) {
    items_[at] = item;
    item.entry()->set_expiry_position(at);
  }

  GrowingArray<Item> items_;
  uint64_t tick_sum_ = 0;
};

}  // namespace slotway::backend
