// FenwickTree: counts of N cells with fast sums: changing one and finding the cell in which the
// r-th unit lies both take log2(N) steps. N is a power of two. Source: Fenwick, "A new data
// structure for cumulative frequency tables" (1994). One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace slotway::backend {

template <size_t N>
class FenwickTree {
  static_assert(N > 0 && (N & (N - 1)) == 0);

 public:
  void add(size_t cell, int64_t change) {
    total_ += static_cast<uint64_t>(change);
    for (size_t i = cell + 1; i <= N; i += i & (~i + 1)) {
      sums_[i - 1] += static_cast<uint64_t>(change);
    }
  }

  uint64_t total() const { return total_; }

  // Sum of the cells in front of `cell`, which may be N.
  uint64_t sum_before(size_t cell) const {
    uint64_t sum = 0;
    for (size_t i = cell; i > 0; i &= i - 1) sum += sums_[i - 1];
    return sum;
  }

  // The cell that the unit number `rank` lies in. Requires rank < total().
  size_t find(uint64_t rank) const {
    size_t before = 0;
    for (size_t step = N / 2; step > 0; step /= 2) {
      if (sums_[before + step - 1] <= rank) {
        rank -= sums_[before + step - 1];
        before += step;
      }
    }
    return before;
  }

 private:
  std::array<uint64_t, N> sums_{};
  uint64_t total_ = 0;
};

}  // namespace slotway::backend
