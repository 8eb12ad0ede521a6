// Eviction: chooses the entries that give way to others.
//
// Among all entries, or all that expire: the one that expires soonest (exactly, by the index), any,
// or one that was used longest ago, or least often. For the last two a few entries are sampled each
// time, a whole leaf of the table at once since its entries lie ready, and the best of all samples
// so far are remembered, so that the choice comes close to the best of all entries. Source: Redis's
// eviction pool ("Approximated LRU algorithm" in its documentation).
//
// Owned by the store; remembers no addresses that it would read from: an entry that has gone is
// not found any more. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>

#include "backend/engine/engine.h"
#include "backend/engine/eviction_policy.h"

namespace slotway::backend {

class Eviction {
 public:
  struct Rules {
    EvictionPolicy policy = EvictionPolicy::kNoEviction;
    uint32_t samples = 5;  // at least so many each time
  };

  explicit Eviction(Engine& engine) : engine_(engine) {}

  // Removes one entry; false if there is none that may go.
  bool evict_one(const Rules& rules);

 private:
  // An entry that was sampled. `worth` is higher the sooner it should go.
  struct Candidate {
    uint64_t worth;
    uint64_t hash;
    const Entry* entry;  // only to be compared
    uint32_t database;
    wire::Slot slot;
    uint32_t accessed;  // as it was
  };
  static constexpr size_t kPool = 16;

  // The databases are asked in turn: this one or the next that has such entries; or false.
  bool choose_database(bool expiring);
  void sample(const Rules& rules);
  void offer(const Rules& rules, uint32_t database, wire::Slot slot, const Entry* entry);
  bool evict_soonest();
  bool evict_any(bool expiring);
  bool evict_best(const Rules& rules);
  void evict(Database& database, Entry* entry);

  Engine& engine_;
  uint32_t next_database_ = 0;
  std::array<Candidate, kPool> pool_;  // the first pool_size_, the best one last
  size_t pool_size_ = 0;
  EvictionPolicy pooled_by_ = EvictionPolicy::kNoEviction;
};

}  // namespace slotway::backend
