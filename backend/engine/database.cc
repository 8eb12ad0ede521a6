#include "backend/engine/database.h"

#include "backend/engine/engine.h"

namespace slotway::backend {

bool Database::is_live(const Entry* entry) const {
  return !entry->has_expiry() || entry->expiry_ms() >= engine_.now_ms();
}

Cell* Database::find(const Key& key) {
  Cell* const cell = keyspace_.find(key);
  if (!cell || is_live(cell->entry())) return cell;
  remove_expired(key, *cell);
  return nullptr;
}

Entry* Database::inspect(const Key& key) {
  Cell* cell = keyspace_.find(key);
  if (cell && !is_live(cell->entry())) {
    if (!engine_.keeps_expired()) remove_expired(key, *cell);
    cell = nullptr;
  }
  if (!cell) {
    ++engine_.statistics().misses;
    return nullptr;
  }
  ++engine_.statistics().hits;
  return cell->entry();
}

Entry* Database::peek(const Key& key) {
  Entry* const entry = inspect(key);
  if (!entry && engine_.observer()) [[unlikely]]
    engine_.observer()->on_missed(index_, key);
  return entry;
}

Entry* Database::read(const Key& key) {
  Entry* const entry = peek(key);
  if (entry) engine_.access().note(entry);
  return entry;
}

Cell* Database::find_for_write(const Key& key) {
  Cell* const cell = find(key);
  if (cell) engine_.access().note(cell->entry());
  return cell;
}

void Database::stamp(Entry* fresh, const Entry* replaced) const {
  fresh->set_accessed(replaced ? replaced->accessed() : engine_.access().of_new_entry());
}

void Database::put(const Key& key, Cell* found, Entry* fresh) {
  stamp(fresh, found ? found->entry() : nullptr);
  if (found) {
    // The command is O(1) for its client, whatever stood here.
    engine_.reclaimer().dispose_lazily(keyspace_.exchange(key, *found, fresh));
  } else {
    keyspace_.insert(key, fresh);
    if (engine_.observer()) [[unlikely]]
      engine_.observer()->on_added(index_, key);
  }
}

void Database::replace_keeping_value(const Key& key, Cell& cell, Entry* fresh) {
  stamp(fresh, cell.entry());
  Entry::release(keyspace_.exchange(key, cell, fresh));
}

bool Database::remove(const Key& key, bool lazily) {
  Cell* const cell = find(key);
  if (!cell) return false;
  remove(key, *cell, lazily);
  return true;
}

void Database::remove(const Key& key, Cell& cell, bool lazily) {
  Entry* const entry = keyspace_.detach(key, cell);
  if (lazily) {
    engine_.reclaimer().dispose_lazily(entry);
  } else {
    Reclaimer::dispose(entry);
  }
}

void Database::evict(const Key& key, Cell& cell) {
  ++engine_.statistics().evicted;
  Entry* const entry = keyspace_.detach(key, cell);
  if (engine_.observer()) [[unlikely]]
    engine_.observer()->on_evicted(index_, key);
  engine_.reclaimer().dispose_lazily(entry);
}

bool Database::remove_expired(const Key& key, Cell& cell) {
  ++engine_.statistics().expired;
  // Nobody chose the moment, so nobody is to wait for the allocator in it.
  Entry* const entry = keyspace_.detach(key, cell);
  if (engine_.observer()) [[unlikely]]
    engine_.observer()->on_expired(index_, key);
  return engine_.reclaimer().dispose_lazily(entry);
}

void Database::drop_slot(wire::Slot slot) {
  engine_.reclaimer().dispose_lazily(keyspace_.take_slot(slot));
}

void Database::clear(bool lazily) {
  if (lazily) {
    engine_.reclaimer().dispose_lazily(keyspace_.take_contents());
  } else {
    Reclaimer::dispose(keyspace_.take_contents());
  }
}

}  // namespace slotway::backend
