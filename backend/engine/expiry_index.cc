#include "backend/engine/expiry_index.h"

#include <algorithm>
#include <utility>

namespace slotway::backend {

ExpiryIndex::~ExpiryIndex() {
  if (!slots_) return;
  for (ExpiryList* list : slots_->lists) delete list;
}

// Into the sums, or out of them.
void ExpiryIndex::count(const ExpiryList& list, int sign) {
  const auto factor = static_cast<uint64_t>(sign);
  size_ += factor * list.size();
  tick_sum_ += factor * list.tick_sum();
  memory_ += factor * list.memory();
}

void ExpiryIndex::add(wire::Slot slot, const Entry* entry) {
  if (!slots_) {
    slots_ = std::make_unique<Slots>();
    slots_->minima.fill(kNever);
  }
  ExpiryList*& list = slots_->lists[slot];
  if (list) {
    count(*list, -1);
  } else {
    list = new ExpiryList;
  }
  list->add(Deadline(entry));
  count(*list, 1);
  slots_->counts.add(slot, 1);
  note(slot);
}

void ExpiryIndex::remove(wire::Slot slot, const Entry* entry) {
  ExpiryList*& list = slots_->lists[slot];
  count(*list, -1);
  list->remove(Deadline(entry));
  slots_->counts.add(slot, -1);
  if (list->size() > 0) {
    count(*list, 1);
  } else {
    delete list;
    list = nullptr;
  }
  note(slot);
}

void ExpiryIndex::replace(wire::Slot slot, Deadline before, const Entry* after) {
  ExpiryList& list = *slots_->lists[slot];
  count(list, -1);
  list.remove(before);
  list.add(Deadline(after));
  count(list, 1);
  note(slot);
}

bool ExpiryIndex::relocate_entry(wire::Slot slot, const Entry* from, const Entry* to) {
  ExpiryList& list = *slots_->lists[slot];
  count(list, -1);
  const bool moved = list.move(Deadline(from), Deadline(to));
  count(list, 1);
  return moved;
}

void ExpiryIndex::relocate_page(wire::Slot slot, size_t page, Relocation& relocation) {
  if (!slots_ || !slots_->lists[slot]) return;
  if (page == 0) relocation.move_object(slots_->lists[slot]);
  slots_->lists[slot]->relocate_page(page, relocation);
}

std::unique_ptr<ExpiryList> ExpiryIndex::take(wire::Slot slot) {
  if (!slots_ || !slots_->lists[slot]) return nullptr;
  std::unique_ptr<ExpiryList> list(std::exchange(slots_->lists[slot], nullptr));
  count(*list, -1);
  slots_->counts.add(slot, -static_cast<int64_t>(list->size()));
  note(slot);
  return list;
}

// As far as anything changes.
void ExpiryIndex::note(wire::Slot slot) {
  auto& minima = slots_->minima;
  size_t node = wire::kSlotCount + slot;
  Tick tick = slots_->lists[slot] ? slots_->lists[slot]->earliest() : kNever;
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
  return {slot, slots_->lists[slot]->front()};
}

}  // namespace slotway::backend
