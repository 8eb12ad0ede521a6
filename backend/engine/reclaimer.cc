#include "backend/engine/reclaimer.h"

#include "backend/engine/value_operations.h"

namespace slotway::backend {

namespace {

constexpr size_t kWorthWaiting = 64;  // effort

}  // namespace

Reclaimer::~Reclaimer() {
  work([] { return false; });
}

void Reclaimer::dispose(Entry* entry) {
  if (entry->is_reference()) operations_of(entry->encoding()).destroy(entry->reference());
  Entry::release(entry);
}

void Reclaimer::dispose(std::unique_ptr<Keyspace::Contents> contents) {
  if (contents) contents->dispose_all([](Entry* entry) { dispose(entry); });
}

bool Reclaimer::dispose_lazily(Entry* entry) {
  bool later = false;
  if (entry->is_reference()) {
    const ValueOperations& operations = operations_of(entry->encoding());
    const Entry::Reference value = entry->reference();
    later = operations.destroy_part && operations.effort(value) >= kWorthWaiting;
    if (later) {
      values_.push_back({entry->encoding(), value});
      ++pending_;
    } else {
      operations.destroy(value);
    }
  }
  Entry::release(entry);
  return later;
}

void Reclaimer::dispose_lazily(std::unique_ptr<Keyspace::Contents> contents) {
  if (!contents) return;
  pending_ += contents->counts.total();
  databases_.push_back({std::move(contents)});
}

void Reclaimer::dispose_lazily(Keyspace::SlotContents contents) {
  if (!contents.table) return;
  pending_ += contents.table->size();
  slots_.push_back(std::move(contents));
}

void Reclaimer::step() {
  if (!values_.empty()) return step_value();
  if (!slots_.empty()) return step_slot();
  step_database();
}

void Reclaimer::step_value() {
  Value& value = values_.back();
  if (!operations_of(value.encoding).destroy_part(value.reference)) return;
  values_.pop_back();
  --pending_;
  ++freed_;
}

void Reclaimer::step_slot() {
  Keyspace::SlotContents& slot = slots_.back();
  const bool took = slot.table->dismantle([this](Entry* entry) {
    --pending_;
    // A large value goes on waiting, and is counted when it is gone.
    if (!dispose_lazily(entry)) ++freed_;
  });
  if (took || (slot.expiries && slot.expiries->dismantle())) return;
  slots_.pop_back();
}

void Reclaimer::step_database() {
  Database& database = databases_.back();
  constexpr size_t kAtOnce = 64;  // slots without keys
  for (size_t i = 0; i < kAtOnce && database.next_slot < wire::kSlotCount; ++i) {
    Keyspace::SlotContents slot =
        database.contents->take_slot(static_cast<wire::Slot>(database.next_slot++));
    if (!slot.table) continue;
    slots_.push_back(std::move(slot));
    return;
  }
  if (database.next_slot == wire::kSlotCount) databases_.pop_back();
}

}  // namespace slotway::backend
