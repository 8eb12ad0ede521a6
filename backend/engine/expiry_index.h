// ExpiryIndex: which entry of a database expires next.
//
// A heap for each slot that has expiring entries, so that a slot can be dropped with all that
// belongs to it, and a tree of minima over the slots. Both are made when first used. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "backend/engine/expiry_heap.h"
#include "backend/engine/fenwick.h"
#include "wire/slot.h"

namespace slotway::backend {

class ExpiryIndex {
 public:
  ExpiryIndex() = default;
  ~ExpiryIndex();
  ExpiryIndex(const ExpiryIndex&) = delete;
  ExpiryIndex& operator=(const ExpiryIndex&) = delete;

  uint64_t size() const { return size_; }
  uint64_t size(wire::Slot slot) const {
    return slots_ && slots_->heaps[slot] ? slots_->heaps[slot]->size() : 0;
  }

  // As of ExpiryHeap.
  void add(wire::Slot slot, Entry* entry);
  void remove(wire::Slot slot, const Entry* entry);
  void update(wire::Slot slot, Entry* entry);
  // Forgets all entries of a slot, in O(1), and hands out what they were kept in; may be null.
  std::unique_ptr<ExpiryHeap> take(wire::Slot slot);

  // The mean of all ticks, rounded down. Requires size() > 0.
  Tick mean() const { return static_cast<Tick>(tick_sum_ / size_); }
  // The soonest tick of all, or kNever, and an entry of it with its slot.
  Tick earliest() const { return slots_ ? slots_->minima[1] : kNever; }
  struct Next {
    wire::Slot slot;
    Entry* entry;
  };
  // Requires size() > 0.
  Next next() const;
  // Any of the entries, each with the same probability. Requires size() > 0.
  template <typename Random>
  Next pick(Random&& random) const {
    const auto slot = static_cast<wire::Slot>(slots_->counts.find(random() % size_));
    const ExpiryHeap& heap = *slots_->heaps[slot];
    return {slot, heap.entry(static_cast<uint32_t>(random() % heap.size()))};
  }

 private:
  struct Slots {
    std::array<ExpiryHeap*, wire::kSlotCount> heaps{};
    // minima[1] is the root, minima[i] the smaller of 2i and 2i+1; the slots are the last level.
    std::array<Tick, 2 * wire::kSlotCount> minima;
    FenwickTree<wire::kSlotCount> counts;
  };
  void note(wire::Slot slot);

  std::unique_ptr<Slots> slots_;
  uint64_t size_ = 0;
  uint64_t tick_sum_ = 0;
};

}  // namespace slotway::backend
