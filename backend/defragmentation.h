// Defragmentation: when memory is given another order, and how much of the thread's time that may
// take.
//
// About every second it compares what is resident with what is used. Where too much is resident by
// the settings active-defrag-*, it lets a Defragmenter pass over everything, in a share of the time
// that grows with the excess. Owned by the Store; the server's thread, between commands.
#pragma once

#include <cstdint>

#include "backend/engine/defragmenter.h"

namespace slotway::backend {

struct Store;

class Defragmentation {
 public:
  explicit Defragmentation(Store& store);

  // To be called about every second: begins a pass or makes it faster, if it is time.
  void check();
  // To be called when settings have changed: ends a pass that is no longer wanted, and slows one
  // down that is to have less time.
  void follow_settings();
  // Percent of the time that should go to work(); 0: there is nothing to do.
  uint32_t share() const { return share_; }
  // For about so many microseconds.
  void work(int64_t budget_us);

  // Since the start, or since reset().
  struct Statistics {
    uint64_t moved = 0;  // allocations
    uint64_t stayed = 0;
    uint64_t keys_moved = 0;
    uint64_t keys_stayed = 0;
    int64_t total_us = 0;  // while a pass was under way, whoever had the time
  };
  Statistics statistics() const;
  void reset_statistics();
  // How long the present pass has been under way; 0: there is none.
  int64_t running_us() const;

 private:
  Statistics counted() const;
  bool is_wanted() const;
  void finish();

  Store& store_;
  Defragmenter pass_;
  uint32_t share_ = 0;
  int64_t begun_us_ = 0;         // the present pass, on the steady clock
  uint64_t moved_at_begin_ = 0;  // allocations, and stayed_ likewise
  uint64_t stayed_at_begin_ = 0;
  Statistics reset_at_;
  int64_t passes_us_ = 0;  // of those that have ended
  // What the last pass could not help, if it moved next to nothing, and until when nobody tries.
  uint64_t incurable_bytes_ = 0;
  int64_t rest_until_us_ = 0;
};

}  // namespace slotway::backend
