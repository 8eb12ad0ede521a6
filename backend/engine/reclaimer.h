// Reclaimer: a thread that gives back large values, whole slots and whole databases, so that the
// engine's thread need not wait for the allocator.
//
// Owned by the engine. All functions are called on the engine's thread; the other thread is inside.
// The destructor gives back everything that is still queued.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "backend/engine/keyspace.h"

namespace slotway::backend {

class Reclaimer {
 public:
  Reclaimer() = default;
  ~Reclaimer();
  Reclaimer(const Reclaimer&) = delete;
  Reclaimer& operator=(const Reclaimer&) = delete;

  // Gives an entry and its value back: here if that is little work or the value is in use elsewhere
  // (a reply that is being sent), on the other thread if it is much: then true.
  bool dispose_lazily(Entry* entry);
  // Gives an entry and its value back at once.
  static void dispose(Entry* entry);
  // Gives back all that a database held.
  static void dispose(std::unique_ptr<Keyspace::Contents> contents);
  void dispose_lazily(std::unique_ptr<Keyspace::Contents> contents);

  void dispose_lazily(Keyspace::SlotContents contents);

  // Finishes what the other thread could not do: values of databases that were given back, of which
  // only this thread knows whether they are still in use. To be called now and then.
  void collect();

  // Things that the other thread has not given back yet.
  uint64_t pending() const;
  // Things that the other thread has given back, since the start or reset_freed().
  uint64_t freed() const;
  void reset_freed();

 private:
  struct Value {
    Encoding encoding;
    Entry::Reference reference;
  };
  struct Work {
    std::vector<Value> values;
    std::vector<std::unique_ptr<Keyspace::Contents>> databases;
    std::vector<Keyspace::SlotContents> slots;
    bool empty() const { return values.empty() && databases.empty() && slots.empty(); }
  };

  bool dispose_lazily(Value value);
  void wake();
  void run();
  // On the other thread.
  void carry_out(Work work);

  mutable std::mutex mutex_;  // guards what follows, but not thread_
  std::condition_variable changed_;
  Work work_;
  std::vector<Value> returned_;
  uint64_t pending_ = 0;
  uint64_t freed_ = 0;
  bool ending_ = false;

  std::thread thread_;  // started when there is something to do for the first time
};

}  // namespace slotway::backend
