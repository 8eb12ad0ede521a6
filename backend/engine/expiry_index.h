// ExpiryIndex: which entry of a database expires next.
//
// A list for each slot that has expiring entries, so that a slot can be dropped with all that
// belongs to it, and a tree of minima over the slots. Both are made when first used. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "backend/engine/expiry_list.h"
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
    return slots_ && slots_->lists[slot] ? slots_->lists[slot]->size() : 0;
  }

  // Bytes of the lists, of all slots or of one.
  uint64_t memory() const { return memory_; }
  uint64_t memory(wire::Slot slot) const {
    return slots_ && slots_->lists[slot] ? slots_->lists[slot]->memory() : 0;
  }

  // `entry` has an expiry and is not in the index.
  void add(wire::Slot slot, const Entry* entry);
  // `entry` is in the index, with the expiry that it has now.
  void remove(wire::Slot slot, const Entry* entry);
  // `before` was added for what is `after` now: in another place, or with another expiry.
  void replace(wire::Slot slot, Deadline before, const Entry* after);
  // `from` was added and is `to` now, the same in another place. False, and nothing has changed, if
  // there is no memory for that.
  bool relocate_entry(wire::Slot slot, const Entry* from, const Entry* to);
  // Moves page number `page` of the slot's list, if there is one.
  void relocate_page(wire::Slot slot, size_t page, Relocation& relocation);
  // Forgets all entries of a slot, in O(1), and hands out what they were kept in; may be null.
  std::unique_ptr<ExpiryList> take(wire::Slot slot);

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
    return {slot, slots_->lists[slot]->pick(random)};
  }

 private:
  struct Slots {
    std::array<ExpiryList*, wire::kSlotCount> lists{};
    // minima[1] is the root, minima[i] the smaller of 2i and 2i+1; the slots are the last level.
    std::array<Tick, 2 * wire::kSlotCount> minima;
    FenwickTree<wire::kSlotCount> counts;
  };
  // Carries the slot's soonest tick up the tree of minima.
  void note(wire::Slot slot);
  void count(const ExpiryList& list, int sign);

  std::unique_ptr<Slots> slots_;
  uint64_t size_ = 0;
  uint64_t tick_sum_ = 0;
  uint64_t memory_ = 0;
};

}  // namespace slotway::backend
