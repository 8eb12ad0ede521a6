// Database: a keyspace as commands see it: an entry that has expired is not there.
//
// An expired entry that a look-up meets is removed by it. Counts hits and misses, keeps the access
// times. Owned by the Engine; one thread.
#pragma once

#include <cstdint>

#include "backend/engine/keyspace.h"

namespace slotway::backend {

class Engine;

class Database {
 public:
  Database(Engine& engine, uint32_t index) : engine_(engine), index_(index) {}

  // The cell of a key, or null. Good until the next change of the database.
  Cell* find(const Key& key);
  // The same for a command that reads the value: counts a hit or a miss, notes the access.
  Entry* read(const Key& key);
  // The same for a command that looks at the key alone: the access is not noted.
  Entry* peek(const Key& key);
  // The same for a command about how the key is kept: nobody is told that it is missing.
  Entry* inspect(const Key& key);
  // For a command that changes the value: notes the access.
  Cell* find_for_write(const Key& key);
  bool is_live(const Entry* entry) const;

  // Puts `fresh` at its key. `found` is the key's cell, or null if there is none.
  void put(const Key& key, Cell* found, Entry* fresh);
  // The same with `fresh` made of the old value, which it has taken over.
  void replace_keeping_value(const Key& key, Cell& cell, Entry* fresh);
  // False if there is no such key. Lazily: large values are given back later.
  bool remove(const Key& key, bool lazily = true);
  void remove(const Key& key, Cell& cell, bool lazily = true);
  // The same for an entry that must give way to others: large values are given back later.
  void evict(const Key& key, Cell& cell);
  // kNoExpiry: for ever. The entry may move.
  void set_expiry(const Key& key, Cell& cell, int64_t expiry_ms) {
    keyspace_.set_expiry(key, cell, expiry_ms);
  }
  // As Keyspace::value_grew.
  void value_grew(const Key& key, size_t before, size_t after) {
    if (before == after) return;
    keyspace_.value_grew(key.slot, static_cast<int64_t>(after) - static_cast<int64_t>(before));
  }
  // As Keyspace::relocate.
  template <typename Visit>
  uint64_t relocate(uint64_t position, Relocation& relocation, Visit&& visit) {
    return keyspace_.relocate(position, relocation, visit);
  }
  // Takes the entry out; it is the caller's then.
  Entry* detach(const Key& key, Cell& cell) { return keyspace_.detach(key, cell); }

  void clear(bool lazily);
  // Removes all keys of a slot, in O(1): they are given back later.
  void drop_slot(wire::Slot slot);
  void swap(Database& other) noexcept { keyspace_.swap(other.keyspace_); }

  // Removes entries that expired before `tick`, until there are none left or `enough()`, which is
  // asked now and then, and after each large one. Returns how many.
  template <typename Enough>
  uint64_t expire_before(Tick tick, Enough&& enough);

  const Keyspace& keyspace() const { return keyspace_; }
  uint64_t size() const { return keyspace_.size(); }

 private:
  // Gives a new entry the access of the one that it replaces, or of a new key (null).
  void stamp(Entry* fresh, const Entry* replaced) const;
  // True if the value was so large that it is given back later.
  bool remove_expired(const Key& key, Cell& cell);

  Engine& engine_;
  const uint32_t index_;
  Keyspace keyspace_;
};

template <typename Enough>
uint64_t Database::expire_before(Tick tick, Enough&& enough) {
  constexpr uint64_t kBetweenQuestions = 16;
  uint64_t removed = 0;
  while (keyspace_.earliest_expiry() < tick) {
    const Key key(keyspace_.next_expiring().entry->key());
    const bool large = remove_expired(key, *keyspace_.find(key));
    if ((++removed % kBetweenQuestions == 0 || large) && enough()) break;
  }
  return removed;
}

}  // namespace slotway::backend
