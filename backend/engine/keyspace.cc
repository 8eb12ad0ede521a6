#include "backend/engine/keyspace.h"

#include <numeric>

#include "backend/engine/value_operations.h"
#include "wire/prefetch.h"

namespace slotway::backend {

Keyspace::Contents::~Contents() {
  for (SlotTable* table : tables) delete table;
}

// Each pass goes one link of the chain further for all keys, so that their waits overlap.
void Keyspace::prefetch(std::span<const Key> keys) const {
  if (!contents_) return;
  const auto for_each_table = [&](auto&& step) {
    for (const Key& key : keys) {
      if (const SlotTable* const table = table_of(key.slot)) step(*table, key.hash);
    }
  };
  for_each_table([](const SlotTable& table, uint64_t) { wire::prefetch(&table); });
  for_each_table([](const SlotTable& table, uint64_t) { table.prefetch_directory(); });
  for_each_table([](const SlotTable& table, uint64_t hash) { table.prefetch_leaf(hash); });
  for_each_table([](const SlotTable& table, uint64_t hash) { table.prefetch_entry(hash); });
}

uint64_t Keyspace::size(Type type) const {
  if (!contents_) return 0;
  const auto& others = contents_->others;
  if (type != Type::kString) return others[static_cast<size_t>(type) - 1];
  return size() - std::accumulate(others.begin(), others.end(), uint64_t{0});
}

inline void Keyspace::count_type(SlotTable& table, const Entry* entry, int n) {
  if (entry->type() == Type::kString) [[likely]]
    return;
  const size_t index = static_cast<size_t>(entry->type()) - 1;
  table.others[index] += static_cast<uint32_t>(n);
  contents_->others[index] += static_cast<uint64_t>(n);
}

void Keyspace::insert(const Key& key, Entry* entry) {
  if (!contents_) contents_ = std::make_unique<Contents>();
  SlotTable*& table = contents_->tables[key.slot];
  if (!table) {
    table = new SlotTable;
    contents_->bytes += table->bytes();
  }
  const uint64_t before = table->bytes();
  table->insert(key.hash, entry);
  table->entry_bytes += memory_of(entry);
  contents_->bytes += table->bytes() - before;
  contents_->counts.add(key.slot, 1);
  count_type(*table, entry, 1);
  if (entry->has_expiry()) contents_->expiries.add(key.slot, entry);
}

Entry* Keyspace::exchange(const Key& key, Cell& cell, Entry* fresh) {
  Entry* const old = cell.entry();
  if (old->has_expiry() && fresh->has_expiry()) {
    contents_->expiries.replace(key.slot, Deadline(old), fresh);
  } else if (old->has_expiry()) {
    contents_->expiries.remove(key.slot, old);
  } else if (fresh->has_expiry()) {
    contents_->expiries.add(key.slot, fresh);
  }
  const uint64_t grown = memory_of(fresh) - memory_of(old);
  SlotTable& table = *contents_->tables[key.slot];
  table.entry_bytes += grown;
  count_type(table, old, -1);
  count_type(table, fresh, 1);
  contents_->bytes += grown;
  cell.set_entry(fresh);
  return old;
}

Entry* Keyspace::detach(const Key& key, Cell& cell) {
  Entry* const entry = cell.entry();
  if (entry->has_expiry()) contents_->expiries.remove(key.slot, entry);
  SlotTable*& table = contents_->tables[key.slot];
  contents_->bytes -= table->bytes();
  table->remove(key.hash, &cell);
  table->entry_bytes -= memory_of(entry);
  contents_->counts.add(key.slot, -1);
  count_type(*table, entry, -1);
  if (table->size() > 0) {
    contents_->bytes += table->bytes();
  } else {
    delete table;
    table = nullptr;
  }
  return entry;
}

Keyspace::SlotContents Keyspace::Contents::take_slot(wire::Slot slot) {
  SlotContents taken;
  taken.table.reset(std::exchange(tables[slot], nullptr));
  if (!taken.table) return taken;
  taken.expiries = expiries.take(slot);
  counts.add(slot, -static_cast<int64_t>(taken.table->size()));
  bytes -= taken.table->bytes();
  for (size_t i = 0; i < others.size(); ++i) others[i] -= taken.table->others[i];
  return taken;
}

Keyspace::SlotContents Keyspace::take_slot(wire::Slot slot) {
  return contents_ ? contents_->take_slot(slot) : SlotContents();
}

void Keyspace::set_expiry(const Key& key, Cell& cell, int64_t expiry_ms) {
  Entry* const entry = cell.entry();
  if (!entry->has_expiry() && expiry_ms == Entry::kNoExpiry) return;
  if (entry->has_room_for_expiry(expiry_ms)) {
    const Deadline before(entry);
    entry->set_expiry_ms(expiry_ms);
    return contents_->expiries.replace(key.slot, before, entry);
  }
  Entry::release(exchange(key, cell, entry->with_expiry(expiry_ms)));
}

bool Keyspace::relocate_entry(wire::Slot slot, Cell& cell, Relocation& relocation) {
  Entry* const entry = cell.entry();
  Entry* const fresh = relocation.copy(entry, entry->allocated());
  if (!fresh) return false;
  if (entry->has_expiry() && !contents_->expiries.relocate_entry(slot, entry, fresh)) {
    Entry::release(fresh);
    return false;
  }
  cell.set_entry(fresh);
  Entry::release(entry);
  return true;
}

size_t Keyspace::next_used(size_t slot) const {
  if (!contents_) return wire::kSlotCount;
  while (slot < wire::kSlotCount && !contents_->tables[slot]) ++slot;
  return slot;
}

}  // namespace slotway::backend
