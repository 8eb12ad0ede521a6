// KeyVersions: one counter for each key of a pool that is cached or being fetched, shared by all
// workers of the process.
//
// A cached reply holds as long as the version of its key is still the one that was noted before it
// was asked for. Whatever shows that the key may have changed increments it: the reply to a command
// that names the key, on whichever worker, and what the shard says of it (rules W and P).
//
// A set-associative table: a hash has one bucket, a cache line with four cells, so that a key
// without a version costs one look at one line. Cells are never freed, and their versions are never
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
  static constexpr size_t kBuckets = 2048;  // 128 KiB
  static constexpr size_t kCells = kBuckets * kWays;

  KeyVersions() : buckets_(kBuckets) {}
  KeyVersions(const KeyVersions&) = delete;
  KeyVersions& operator=(const KeyVersions&) = delete;

  // Null if the key has none. `hash` is not 0.
  Cell* find(uint64_t hash) {
    for (Cell& cell : buckets_[hash % kBuckets].cells) {
      if (cell.hash.load(std::memory_order_acquire) == hash) return &cell;
    }
    return nullptr;
  }
  // The increment is seen by every worker before anything that the caller does next, be it to tell
  // a client: hence the strongest order.
  static void bump(Cell& cell) { cell.version.fetch_add(1, std::memory_order_seq_cst); }
  void bump(uint64_t hash) {
    if (Cell* const cell = find(hash)) bump(*cell);
  }

  size_t index_of(const Cell& cell) const {
    return static_cast<size_t>(&cell - &buckets_.front().cells.front());
  }
  // Of the cell of that index; 0 if it is free.
  uint64_t hash_at(size_t index) const {
    return buckets_[index / kWays].cells[index % kWays].hash.load(std::memory_order_relaxed);
  }
  // The number of the worker that claims cells for this hash, and asks the shard for its key.
  static size_t owner_of(uint64_t hash, size_t workers) { return hash % kBuckets % workers; }

  // A cell for a hash that has none; null if those of its bucket are all in use.
  Cell* claim(uint64_t hash) {
    for (Cell& cell : buckets_[hash % kBuckets].cells) {
      if (cell.hash.load(std::memory_order_relaxed) != 0) continue;
      bump(cell);
      cell.hash.store(hash, std::memory_order_seq_cst);
      return &cell;
    }
    return nullptr;
  }
  void release(Cell& cell) {
    bump(cell);
    cell.hash.store(0, std::memory_order_seq_cst);
  }

 private:
  struct alignas(64) Bucket {
    std::array<Cell, kWays> cells;
  };
  static_assert(sizeof(Bucket) == 64);

  std::vector<Bucket> buckets_;
};

}  // namespace slotway::proxy
