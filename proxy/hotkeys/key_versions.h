// KeyVersions: one counter for each key of a pool that is cached or being fetched, shared by all
// workers of the process.
//
// A cached reply holds as long as the version of its key is still the one that was noted before it
// was asked for. Whatever shows that the key may have changed increments it: the reply to a command
// that names the key, on whichever worker, and what the shard says of it (rules W and P).
//
// A set-associative table: a hash has one bucket, a cache line with four cells. In front of it a
// filter of 32 bits for each bucket, small enough to stay near while gigabytes of replies pass by:
// nearly all keys without a version cost one look at that, when they are asked for and when their
// replies come. Cells are never freed, and their versions are never
// set back: a cell that changes hands is incremented, so that whoever still holds it can tell. Two
// keys of one hash share a version: each is asked for once more than it had to be.
//
// find() and bump() may be called from any thread; claim() and release() for a bucket by its owner
// alone.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace slotway::proxy {

class KeyVersions {
 public:
  struct Cell {
    std::atomic<uint64_t> hash{0};  // 0: free
    std::atomic<uint64_t> version{0};
  };
  static constexpr size_t kWays = 4;
  static constexpr size_t kBuckets = 1920;  // with the filter not quite 128 KiB
  static constexpr size_t kCells = kBuckets * kWays;

  KeyVersions() : buckets_(kBuckets), filter_(kBuckets) {}
  KeyVersions(const KeyVersions&) = delete;
  KeyVersions& operator=(const KeyVersions&) = delete;

  // Null if the key has none. `hash` is not 0.
  Cell* find(uint64_t hash) {
    const size_t bucket = hash % kBuckets;
    if (!(filter_[bucket].load(std::memory_order_acquire) & bit_of(hash))) return nullptr;
    for (Cell& cell : buckets_[bucket].cells) {
      if (cell.hash.load(std::memory_order_acquire) == hash) return &cell;
    }
    return nullptr;
  }
  // The increment is seen by every worker before anything that the caller does next, be it to tell
  // a client: hence the strongest order.
  // Gives what the version was before.
  static uint64_t bump(Cell& cell) { return cell.version.fetch_add(1, std::memory_order_seq_cst); }
  void bump(uint64_t hash) {
    if (Cell* const cell = find(hash)) bump(*cell);
  }

  size_t index_of(const Cell& cell) const {
    return static_cast<size_t>(&cell - &buckets_.front().cells.front());
  }
  // The number of the worker that claims cells for this hash, and asks the shard for its key.
  static size_t owner_of(uint64_t hash, size_t workers) { return hash % kBuckets % workers; }

  // Whether any key has a version: while none has, nothing is cached or being fetched, and nobody
  // need know what a request names.
  bool in_use() const { return in_use_.load(std::memory_order_seq_cst) != 0; }

  // A cell for a hash that has none; null if those of its bucket are all in use.
  Cell* claim(uint64_t hash) {
    for (Cell& cell : buckets_[hash % kBuckets].cells) {
      if (cell.hash.load(std::memory_order_relaxed) != 0) continue;
      in_use_.fetch_add(1, std::memory_order_seq_cst);
      bump(cell);
      filter_[hash % kBuckets].fetch_or(bit_of(hash), std::memory_order_seq_cst);
      cell.hash.store(hash, std::memory_order_seq_cst);
      return &cell;
    }
    return nullptr;
  }
  void release(Cell& cell) {
    bump(cell);
    const size_t bucket = cell.hash.exchange(0, std::memory_order_seq_cst) % kBuckets;
    uint32_t bits = 0;
    for (const Cell& other : buckets_[bucket].cells) {
      const uint64_t hash = other.hash.load(std::memory_order_relaxed);
      if (hash != 0) bits |= bit_of(hash);
    }
    filter_[bucket].store(bits, std::memory_order_seq_cst);
    in_use_.fetch_sub(1, std::memory_order_seq_cst);
  }

 private:
  struct alignas(64) Bucket {
    std::array<Cell, kWays> cells;
  };
  static_assert(sizeof(Bucket) == 64);

  static uint32_t bit_of(uint64_t hash) { return uint32_t{1} << (hash >> 59); }

  std::vector<Bucket> buckets_;
  std::vector<std::atomic<uint32_t>> filter_;  // by bucket: bit_of() of its hashes
  // Read for every request, written when a key comes or goes: on a line of its own.
  alignas(64) std::atomic<size_t> in_use_{0};
};

}  // namespace slotway::proxy
