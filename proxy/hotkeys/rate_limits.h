// RateLimits: how often each limited key of a pool was asked for of late, shared by all workers.
//
// GCRA, the generic cell rate algorithm in its form of virtual scheduling (ITU-T Recommendation
// I.371, annex A): of a key nothing is kept but the time at which its next request would come if
// they came evenly. A request may be early by as much as a burst is worth: 100 ms of the limit, at
// least one request.
//
// A set-associative table: a key has one bucket, a cache line of eight cells, each of which is one
// word, so that there is no lock and no half-written cell. While a key is over its limit its cell
// is only read: the line is written at most as often as the limit says. A key that finds no free
// cell takes the one that is nearest to being free: what was over its limit stays, and what is
// driven out is let through a little too often, never too seldom. Two keys of one bucket whose
// fingerprints of 24 bits are the same share a limit.
//
// Any thread, behind open().
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace slotway::proxy {

class RateLimits {
 public:
  static constexpr size_t kWays = 8;
  static constexpr size_t kBuckets = 1024;  // 64 KiB

  enum class Kind : uint8_t { kRead, kWrite };
  // One key's requests of one kind, and how many of them a second may have: 1 to 1,000,000.
  struct Limited {
    uint64_t key_hash;
    Kind kind;
    uint64_t rate;
  };

  // Makes the table: pools without limits need none.
  void open();

  // Whether take() would have given true. `now_ns` is the monotonic clock.
  bool allows(const Limited& limited, uint64_t now_ns) const;
  // Counts a request if it is within the limit; false if not.
  bool take(const Limited& limited, uint64_t now_ns);

 private:
  // Of a cell: 24 bits of the key, never 0, and 40 bits of time, in units of 16 ns.
  using Cell = std::atomic<uint64_t>;
  struct alignas(64) Bucket {
    std::array<Cell, kWays> cells{};
  };
  static_assert(sizeof(Bucket) == 64);
  struct Place {
    size_t way;     // the key's cell, or the one that it would take
    uint64_t word;  // what that holds
    bool is_own;
  };

  Place find(const Bucket& bucket, uint64_t fingerprint, uint64_t now) const;

  std::once_flag opened_;
  std::vector<Bucket> buckets_;
};

}  // namespace slotway::proxy
