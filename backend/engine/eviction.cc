#include "backend/engine/eviction.h"

#include <algorithm>

namespace slotway::backend {

bool Eviction::evict_one(const Rules& rules) {
  if (rules.policy == EvictionPolicy::kNoEviction) return false;
  if (rules.policy == EvictionPolicy::kVolatileTtl) return evict_soonest();
  if (!choose_database(is_volatile(rules.policy))) return false;
  return is_random(rules.policy) ? evict_any(is_volatile(rules.policy)) : evict_best(rules);
}

bool Eviction::choose_database(bool expiring) {
  const uint32_t count = engine_.database_count();
  for (uint32_t i = 0; i < count; ++i) {
    next_database_ = (next_database_ + 1) % count;
    const Keyspace& keyspace = engine_.database(next_database_).keyspace();
    if ((expiring ? keyspace.expiring() : keyspace.size()) > 0) return true;
  }
  return false;
}

void Eviction::evict(Database& database, Entry* entry) {
  const Key key(entry->key());
  database.evict(key, *database.keyspace().find(key));
}

bool Eviction::evict_soonest() {
  Database* soonest = nullptr;
  for (uint32_t i = 0; i < engine_.database_count(); ++i) {
    Database& database = engine_.database(i);
    if (database.keyspace().expiring() == 0) continue;
    if (!soonest || database.keyspace().earliest_expiry() < soonest->keyspace().earliest_expiry()) {
      soonest = &database;
    }
  }
  if (!soonest) return false;
  evict(*soonest, soonest->keyspace().next_expiring().entry);
  return true;
}

bool Eviction::evict_any(bool expiring) {
  Database& database = engine_.database(next_database_);
  const auto random = [this] { return engine_.random(); };
  evict(database, expiring ? database.keyspace().pick_expiring(random).entry
                           : database.keyspace().pick(random));
  return true;
}

// ---- by use

void Eviction::sample(const Rules& rules) {
  const Keyspace& keyspace = engine_.database(next_database_).keyspace();
  const auto random = [this] { return engine_.random(); };
  // Those of one leaf cost little more than one entry, so there may be twice as many as Redis
  // takes.
  const uint64_t wanted = is_volatile(rules.policy) ? rules.samples : 2 * uint64_t{rules.samples};
  uint64_t seen = 0;
  while (seen < wanted) {
    if (is_volatile(rules.policy)) {
      const ExpiryIndex::Next picked = keyspace.pick_expiring(random);
      offer(rules, next_database_, picked.slot, picked.entry);
      ++seen;
    } else {
      keyspace.sample(random, [&](wire::Slot slot, const Entry* entry) {
        offer(rules, next_database_, slot, entry);
        ++seen;
      });
    }
  }
}

void Eviction::offer(const Rules& rules, uint32_t database, wire::Slot slot, const Entry* entry) {
  const AccessClock& access = engine_.access();
  const uint64_t worth =
      is_lfu(rules.policy) ? 255 - access.frequency(entry) : access.idle_seconds(entry);
  if (pool_size_ == kPool && worth <= pool_[0].worth) return;
  const auto begin = pool_.begin();
  auto end = begin + static_cast<ptrdiff_t>(pool_size_);
  if (std::any_of(begin, end, [&](const Candidate& known) { return known.entry == entry; })) return;
  if (pool_size_ == kPool) {
    std::move(begin + 1, end--, begin);
  } else {
    ++pool_size_;
  }
  const auto place =
      std::lower_bound(begin, end, worth,
                       [](const Candidate& known, uint64_t value) { return known.worth < value; });
  std::move_backward(place, end, end + 1);
  *place = {worth, hash_bytes(entry->key()), entry, database, slot, entry->accessed()};
}

bool Eviction::evict_best(const Rules& rules) {
  if (pooled_by_ != rules.policy) pool_size_ = 0;
  pooled_by_ = rules.policy;
  // What was sampled earlier may have gone or been used since; what is sampled now is there.
  while (true) {
    sample(rules);
    while (pool_size_ > 0) {
      const Candidate best = pool_[--pool_size_];
      Database& database = engine_.database(best.database);
      SlotTable* const table = database.keyspace().table_of(best.slot);
      const Cell* const cell = table ? table->find_entry(best.hash, best.entry) : nullptr;
      if (!cell || cell->entry()->accessed() != best.accessed) continue;
      if (is_volatile(rules.policy) && !cell->entry()->has_expiry()) continue;
      evict(database, cell->entry());
      return true;
    }
  }
}

}  // namespace slotway::backend
