// AccessClock: what an entry remembers of its use, in its 24 bits: when that was, or how often.
//
// Which of the two goes by the eviction policy, for all entries at once; after a change what the
// entries hold means something else, which the next accesses set right, as in Redis.
//
// How often is a count of 8 bits that grows with the logarithm of the accesses, by chance, and
// falls by one for each decay time without any; with it, the minute of the last fall. Source:
// Morris, "Counting large numbers of events in small registers" (1978), in the form that OBJECT
// FREQ of Redis shows. Owned by the engine; one thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>

#include "backend/engine/entry.h"

namespace slotway::backend {

class AccessClock {
 public:
  // What lfu-log-factor and lfu-decay-time say.
  struct Frequency {
    uint32_t log_factor = 10;
    uint32_t decay_minutes = 1;  // 0: no decay
  };

  explicit AccessClock(std::mt19937_64& random) : random_(random) {}

  void set_now_ms(int64_t wall_ms) {
    seconds_ = static_cast<uint32_t>(wall_ms / 1000) & kTimeMask;
    minutes_ = static_cast<uint32_t>(wall_ms / 60000) & kMinuteMask;
  }
  void count_frequency(bool on, Frequency frequency) {
    counts_ = on;
    frequency_ = frequency;
  }
  bool counts_frequency() const { return counts_; }

  // The entry has been used.
  void note(Entry* entry) {
    if (!counts_) [[likely]]
      return entry->set_accessed(seconds_);
    entry->set_accessed(counted(entry));
  }
  uint32_t of_new_entry() const { return counts_ ? packed(kFirstCount) : seconds_; }

  // Seconds since the last use. Requires !counts_frequency().
  uint32_t idle_seconds(const Entry* entry) const {
    return (seconds_ - entry->accessed()) & kTimeMask;
  }
  // The count as of now, 0 to 255. Requires counts_frequency().
  uint32_t frequency(const Entry* entry) const;

  // For entries that come with their history (RESTORE).
  void set_idle_seconds(Entry* entry, uint64_t seconds) const {
    entry->set_accessed((seconds_ - static_cast<uint32_t>(std::min<uint64_t>(seconds, kTimeMask))) &
                        kTimeMask);
  }
  void set_frequency(Entry* entry, uint8_t count) const { entry->set_accessed(packed(count)); }

 private:
  static constexpr uint32_t kTimeMask = 0xffffff;
  static constexpr uint32_t kMinuteMask = 0xffff;
  static constexpr uint32_t kFirstCount = 5;  // so that new keys are not the first to go

  uint32_t packed(uint32_t count) const { return minutes_ << 8 | count; }
  // The entry's bits after one more access.
  uint32_t counted(const Entry* entry);

  std::mt19937_64& random_;
  bool counts_ = false;
  Frequency frequency_;
  uint32_t seconds_ = 0;
  uint32_t minutes_ = 0;
};

}  // namespace slotway::backend
