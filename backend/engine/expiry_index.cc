#include "backend/engine/expiry_index.h"

#include <algorithm>
#include <utility>

namespace slotway::backend {

ExpiryIndex::~ExpiryIndex() {
  if (!slots_) return;
  for (ExpiryHeap* heap : slots_->heaps) delete heap;
}

void ExpiryIndex::add(wire::Slot slot, Entry* entry) {
  if (!slots_) {
    slots_ = std::make_unique<Slots>();
    slots_->minima.fill(kNever);
  }
  ExpiryHeap*& heap = slots_->heaps[slot];
  if (!heap) heap = new ExpiryHeap;
  heap->add(entry);
  slots_->counts.add(slot, 1);
  ++size_;
  tick_sum_ += heap->tick(entry->expiry_position());
  note(slot);
}

void ExpiryIndex::remove(wire::Slot slot, const Entry* entry) {
  ExpiryHeap*& heap = slots_->heaps[slot];
  tick_sum_ -= heap->tick(entry->expiry_position());
  heap->remove(entry);
  slots_->counts.add(slot, -1);
  --size_;
  note(slot);
  if (heap->size() == 0) {
    delete heap;
    heap = nullptr;
  }
}

void ExpiryIndex::update(wire::Slot slot, Entry* entry) {
  ExpiryHeap& heap = *slots_->heaps[slot];
  tick_sum_ -= heap.tick(entry->expiry_position());
  heap.update(entry);
  tick_sum_ += heap.tick(entry->expiry_position());
  note(slot);
}

std::unique_ptr<ExpiryHeap> ExpiryIndex::take(wire::Slot slot) {
  if (!slots_ || !slots_->heaps[slot]) return nullptr;
  std::unique_ptr<ExpiryHeap> heap(std::exchange(slots_->heaps[slot], nullptr));
  size_ -= heap->size();
  slots_->counts.add(slot, -static_cast<int64_t>(heap->size()));
  tick_sum_ -= heap->tick_sum();
  note(slot);
  return heap;
}

// Carries the slot's soonest tick up the tree, as far as anything changes.
void ExpiryIndex::note(wire::Slot slot) {
  auto& minima = slots_->minima;
  size_t node = wire::kSlotCount + slot;
  Tick tick = slots_->heaps[slot] ? slots_->heaps[slot]->earliest() : kNever;
  while (minima[node] != tick) {
    minima[node] = tick;
    if (node == 1) return;
    tick = std::min(tick, minima[node ^ 1]);
    node /= 2;
  }
}

ExpiryIndex::Next ExpiryIndex::next() const {
  const auto& minima = slots_->minima;
  size_t node = 1;
  while (node < wire::kSlotCount) {
    node *= 2;
    if (minima[node] != minima[1]) ++node;
  }
  const auto slot = static_cast<wire::Slot>(node - wire::kSlotCount);
  return {slot, slots_->heaps[slot]->front()};
}

}  // namespace slotway::backend
