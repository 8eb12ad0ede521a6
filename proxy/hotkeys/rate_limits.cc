#include "proxy/hotkeys/rate_limits.h"

#include <algorithm>
#include <limits>

namespace slotway::proxy {

namespace {

constexpr unsigned kTimeBits = 40;
constexpr uint64_t kTimeMask = (1ull << kTimeBits) - 1;
constexpr unsigned kNsBits = 4;                            // a unit of time is 16 ns
constexpr uint64_t kSecond = 1'000'000'000ull >> kNsBits;  // units
constexpr uint64_t kBurstsASecond = 10;
// No cell is further ahead, even by the clock of a worker that is behind.
constexpr uint64_t kFurthest = 2 * kSecond;

struct Identity {
  uint64_t fingerprint;
  size_t bucket;
};

Identity identity_of(const RateLimits::Limited& limited) {
  const bool is_read = limited.kind == RateLimits::Kind::kRead;
  const uint64_t hash = is_read ? limited.key_hash : ~limited.key_hash;
  return {std::max<uint64_t>(hash >> kTimeBits, 1), hash % RateLimits::kBuckets};
}

// How far its next even request is in the future. Of what is past, the masked difference is beyond
// anything that is ahead.
uint64_t ahead_of(uint64_t word, uint64_t now) {
  const uint64_t ahead = (word - now) & kTimeMask;
  return ahead <= kFurthest ? ahead : 0;
}

struct Interval {
  uint64_t of_one;
  uint64_t of_burst;

  // Rounded up: rather 1 % below the highest rates than above.
  explicit Interval(uint64_t rate)
      : of_one((kSecond + rate - 1) / rate),
        of_burst(of_one * std::max<uint64_t>(1, rate / kBurstsASecond)) {}
};

}  // namespace

void RateLimits::open() {
  std::call_once(opened_, [this] { buckets_ = std::vector<Bucket>(kBuckets); });
}

RateLimits::Place RateLimits::find(const Bucket& bucket, uint64_t fingerprint, uint64_t now) const {
  Place place{0, 0, false};
  uint64_t least = std::numeric_limits<uint64_t>::max();
  for (size_t way = 0; way < kWays; ++way) {
    const uint64_t word = bucket.cells[way].load(std::memory_order_relaxed);
    if (word >> kTimeBits == fingerprint) return {way, word, true};
    const uint64_t ahead = ahead_of(word, now);
    if (ahead < least) {
      least = ahead;
      place = {way, word, false};
    }
  }
  return place;
}

bool RateLimits::allows(const Limited& limited, uint64_t now_ns) const {
  const Identity identity = identity_of(limited);
  const uint64_t now = now_ns >> kNsBits;
  const Place place = find(buckets_[identity.bucket], identity.fingerprint, now);
  const Interval interval(limited.rate);
  return !place.is_own || ahead_of(place.word, now) + interval.of_one <= interval.of_burst;
}

bool RateLimits::take(const Limited& limited, uint64_t now_ns) {
  const Identity identity = identity_of(limited);
  Bucket& bucket = buckets_[identity.bucket];
  const uint64_t now = now_ns >> kNsBits;
  const Interval interval(limited.rate);
  for (;;) {
    Place place = find(bucket, identity.fingerprint, now);
    const uint64_t next = (place.is_own ? ahead_of(place.word, now) : 0) + interval.of_one;
    if (next > interval.of_burst) return false;
    const uint64_t word = identity.fingerprint << kTimeBits | ((now + next) & kTimeMask);
    // Another worker was faster: it is looked up again.
    if (bucket.cells[place.way].compare_exchange_strong(place.word, word,
                                                        std::memory_order_relaxed)) {
      return true;
    }
  }
}

}  // namespace slotway::proxy
