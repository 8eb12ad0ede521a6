// Loop: one libuv loop with what its connections share: the block pool, the block that reads land
// in, and the list of connections with output.
//
// Before each poll (a uv_prepare handle) every connection with output is written once, so that all
// that one turn of the loop produced for a peer, timers' output included, goes out in one write;
// what its handler says is a part waits for one more turn.
// Owned by one thread, which runs it; post() alone may be called from any thread.
#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "wire/block.h"

namespace slotway::wire {

class Connection;

class Loop {
 public:
  Loop();
  // Requires that all connections and handles of others are closed; closes its own.
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs until stop().
  void run();
  // On the loop's thread: run() returns after this turn.
  void stop() { uv_stop(&loop_); }

  // From any thread: runs `task` on the loop's thread, in the order of the calls. Takes a lock and
  // may allocate: not for the path of a request.
  void post(std::function<void()> task);

  uv_loop_t* uv() { return &loop_; }
  BlockPool& pool() { return pool_; }

  // Milliseconds of the monotonic clock at the start of this turn.
  uint64_t now_ms() const { return uv_now(&loop_); }
  // How many have come to their end.
  uint64_t turns() const { return turns_; }
  // Nanoseconds of the monotonic clock when this turn's writing began. Only from within it.
  uint64_t writing_since_ns() {
    if (writing_since_ns_ == 0) writing_since_ns_ = uv_hrtime();
    return writing_since_ns_;
  }

 private:
  friend class Connection;
  void flush_pending();
  // As if added to pending_ after the next poll, which returns at once.
  void postpone(Connection* connection);
  void run_tasks();
  // The block for the next read. A block that something still refers to is replaced.
  const BlockRef& read_block();

  uv_loop_t loop_;
  uv_prepare_t prepare_;
  uv_idle_t awake_;  // active while something is postponed
  uv_async_t wake_;
  BlockPool pool_;
  BlockRef read_block_;
  std::vector<Connection*> pending_;  // connections with something to do before the poll, each once
  std::vector<Connection*> flushing_;   // the ones being written in this turn
  std::vector<Connection*> postponed_;  // have had their share of this turn
  uint64_t writing_since_ns_ = 0;       // 0: nobody has asked in this turn
  uint64_t turns_ = 0;

  std::mutex mutex_;  // guards tasks_ only
  std::vector<std::function<void()>> tasks_;
};

}  // namespace slotway::wire
