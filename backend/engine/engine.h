// Engine: the databases of one server, with the time, the memory and the chance that they share.
//
// No sockets and no protocol. Owned by the store; one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <random>

#include "backend/engine/access_clock.h"
#include "backend/engine/clock.h"
#include "backend/engine/database.h"
#include "backend/engine/key_observer.h"
#include "backend/engine/reclaimer.h"
#include "wire/block.h"

namespace slotway::backend {

class Engine {
 public:
  // Counted since the start, or since CONFIG RESETSTAT.
  struct Statistics {
    uint64_t hits = 0;
    uint64_t misses = 0;
    uint64_t expired = 0;
    uint64_t evicted = 0;
    uint64_t out_of_time = 0;  // expiry cycles that left something over
  };

  // `clock` must outlive the engine.
  Engine(uint32_t databases, const Clock& clock);
  ~Engine();

  Database& database(uint32_t index) { return databases_[index]; }
  const Database& database(uint32_t index) const { return databases_[index]; }
  uint32_t database_count() const { return static_cast<uint32_t>(databases_.size()); }
  uint64_t key_count() const;
  // Bytes of all databases, as Keyspace::bytes() counts them.
  uint64_t bytes() const;

  // All commands of one batch see the same moment.
  void read_clock();
  int64_t now_ms() const { return now_ms_; }  // wall clock
  AccessClock& access() { return access_; }
  const AccessClock& access() const { return access_; }
  const Clock& clock() const { return clock_; }

  // Who is told of keys that the databases remove or miss; null, as at first, for nobody.
  void set_observer(KeyObserver* observer) { observer_ = observer; }
  KeyObserver* observer() const { return observer_; }

  // While it is on, entries that have expired stay until a command changes their keys: they are not
  // there for commands that read.
  void keep_expired(bool on) { keeps_expired_ = on; }
  bool keeps_expired() const { return keeps_expired_; }

  // Removes what has expired, in all databases in turn, for about `budget_us` microseconds at most.
  // True if it did not get to the end.
  bool run_expiry_cycle(int64_t budget_us);

  uint64_t random() { return random_(); }
  wire::BlockPool& blocks() { return blocks_; }
  Reclaimer& reclaimer() { return reclaimer_; }
  Statistics& statistics() { return statistics_; }
  const Statistics& statistics() const { return statistics_; }

 private:
  const Clock& clock_;
  wire::BlockPool blocks_;  // of large values: outlives them all
  Reclaimer reclaimer_;
  std::deque<Database> databases_;
  std::mt19937_64 random_{std::random_device{}()};
  KeyObserver* observer_ = nullptr;
  bool keeps_expired_ = false;
  int64_t now_ms_ = 0;
  AccessClock access_{random_};
  uint32_t next_to_expire_ = 0;  // the database with which the next cycle begins
  Statistics statistics_;
};

}  // namespace slotway::backend
