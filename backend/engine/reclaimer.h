// Reclaimer: gives back large values, whole slots and whole databases little by little, so that no
// command waits for it.
//
// All of it on the engine's own thread, in the pauses between the loop's turns: what another thread
// frees, mimalloc hands back to the thread that it was allocated by, all at once, in the middle of
// one of its next allocations. Owned by the engine; the destructor gives back what is left.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "backend/engine/keyspace.h"

namespace slotway::backend {

class Reclaimer {
 public:
  Reclaimer() = default;
  ~Reclaimer();
  Reclaimer(const Reclaimer&) = delete;
  Reclaimer& operator=(const Reclaimer&) = delete;

  // Gives an entry and its value back: at once if that is little work, or later: then true.
  bool dispose_lazily(Entry* entry);
  // Gives an entry and its value back at once.
  static void dispose(Entry* entry);
  // Gives back all that a database held, at once.
  static void dispose(std::unique_ptr<Keyspace::Contents> contents);
  // Later; may be null.
  void dispose_lazily(std::unique_ptr<Keyspace::Contents> contents);
  void dispose_lazily(Keyspace::SlotContents contents);

  bool has_work() const { return !values_.empty() || !slots_.empty() || !databases_.empty(); }
  // Gives back until enough(), which is asked after every few dozen allocations, or until nothing
  // is left.
  template <typename Enough>
  void work(Enough&& enough) {
    while (has_work() && !enough()) step();
  }

  // Entries and values that wait.
  uint64_t pending() const { return pending_; }
  // Those that have waited and are gone, since the start or reset_freed().
  uint64_t freed() const { return freed_; }
  void reset_freed() { freed_ = 0; }

 private:
  struct Value {
    Encoding encoding;
    Entry::Reference reference;
  };
  struct Database {
    std::unique_ptr<Keyspace::Contents> contents;
    size_t next_slot = 0;
  };

  void step();
  void step_value();
  void step_slot();
  void step_database();

  // Each is worked off from the back: the values of a slot before the slot goes on.
  std::vector<Value> values_;
  std::vector<Keyspace::SlotContents> slots_;
  std::vector<Database> databases_;
  uint64_t pending_ = 0;
  uint64_t freed_ = 0;
};

}  // namespace slotway::backend
