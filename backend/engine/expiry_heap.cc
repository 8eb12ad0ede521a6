#include "backend/engine/expiry_heap.h"

#include <algorithm>

namespace slotway::backend {

namespace {

constexpr int64_t kFirstMs = 1577836800000;  // 2020-01-01
constexpr int64_t kTickMs = 256;

}  // namespace

Tick tick_of(int64_t wall_ms) {
  if (wall_ms <= kFirstMs) return 0;
  return static_cast<Tick>(std::min<int64_t>((wall_ms - kFirstMs) / kTickMs, kNever - 1));
}

int64_t wall_ms_of(Tick tick) { return kFirstMs + tick * kTickMs + kTickMs / 2; }

void ExpiryHeap::place(uint32_t at, Item item) {
  while (at > 0) {
    const uint32_t parent = (at - 1) / kChildren;
    if (items_[parent].tick <= item.tick) break;
    put(at, items_[parent]);
    at = parent;
  }
  while (true) {
    const uint32_t first = at * kChildren + 1;
    if (first >= items_.size()) break;
    const uint32_t end = std::min(first + kChildren, items_.size());
    uint32_t soonest = first;
    for (uint32_t i = first + 1; i < end; ++i) {
      if (items_[i].tick < items_[soonest].tick) soonest = i;
    }
    if (items_[soonest].tick >= item.tick) break;
    put(at, items_[soonest]);
    at = soonest;
  }
  put(at, item);
}

void ExpiryHeap::add(Entry* entry) {
  const Item item(tick_of(entry->expiry_ms()), entry);
  tick_sum_ += item.tick;
  items_.push_back(item);
  place(items_.size() - 1, item);
}

void ExpiryHeap::remove(const Entry* entry) {
  const uint32_t at = entry->expiry_position();
  tick_sum_ -= items_[at].tick;
  const Item last = items_[items_.size() - 1];
  items_.pop_back();
  if (at < items_.size()) place(at, last);
}

void ExpiryHeap::update(Entry* entry) {
  const uint32_t at = entry->expiry_position();
  const Item item(tick_of(entry->expiry_ms()), entry);
  tick_sum_ += item.tick;
  tick_sum_ -= items_[at].tick;
  place(at, item);
}

}  // namespace slotway::backend
