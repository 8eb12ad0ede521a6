#include "backend/engine/fenwick.h"

#include <doctest/doctest.h>

#include <numeric>
#include <random>
#include <vector>

namespace slotway::backend {

TEST_CASE("sums and ranks agree with plain counting") {
  constexpr size_t kCells = 64;
  FenwickTree<kCells> tree;
  std::vector<int64_t> plain(kCells);
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    const size_t cell = random() % kCells;
    const int64_t change = plain[cell] > 0 && random() % 2 ? -1 : 3;
    tree.add(cell, change);
    plain[cell] += change;
  }
  REQUIRE(tree.total() == static_cast<uint64_t>(std::accumulate(plain.begin(), plain.end(), 0ll)));
  uint64_t before = 0;
  for (size_t cell = 0; cell < kCells; ++cell) {
    CHECK(tree.sum_before(cell) == before);
    for (int64_t i = 0; i < plain[cell]; ++i) CHECK(tree.find(before++) == cell);
  }
  CHECK(tree.sum_before(kCells) == before);
}

TEST_CASE("the last cell is found when it alone has anything") {
  FenwickTree<16384> tree;
  tree.add(16383, 2);
  CHECK(tree.find(0) == 16383);
  CHECK(tree.find(1) == 16383);
  tree.add(0, 1);
  CHECK(tree.find(0) == 0);
  CHECK(tree.find(2) == 16383);
}

}  // namespace slotway::backend
