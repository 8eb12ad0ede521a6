#include "backend/engine/growing_array.h"

#include <doctest/doctest.h>

#include <initializer_list>

namespace slotway::backend {

TEST_CASE("elements stay in place while the array grows over pages and shrinks again") {
  GrowingArray<uint64_t> array;
  const uint32_t count = GrowingArray<uint64_t>::kPage * 9 + 3;
  for (int round = 0; round < 2; ++round) {
    for (uint32_t i = 0; i < count; ++i) {
      array.push_back(i * 7);
      REQUIRE(array.size() == i + 1);
      REQUIRE(array[i] == i * 7);
      REQUIRE(array[i / 2] == i / 2 * 7);
    }
    while (!array.empty()) {
      REQUIRE(array[array.size() - 1] == (array.size() - 1) * 7);
      REQUIRE(array[array.size() / 2] == array.size() / 2 * 7);
      array.pop_back();
    }
    CHECK(array.memory() == 0);
  }
}

TEST_CASE("going to and fro over the border of a page keeps the elements") {
  constexpr uint32_t kPage = GrowingArray<uint32_t>::kPage;
  for (const uint32_t border : {kPage, 2 * kPage, 3 * kPage, 4 * kPage}) {
    GrowingArray<uint32_t> array;
    for (uint32_t i = 0; i < border; ++i) array.push_back(i);
    for (int i = 0; i < 5; ++i) {
      array.push_back(border);
      REQUIRE(array[border] == border);
      array.pop_back();
      REQUIRE(array[border - 1] == border - 1);
      array.pop_back();
      array.push_back(border - 1);
    }
    for (uint32_t i = 0; i < border; ++i) REQUIRE(array[i] == i);
  }
}

TEST_CASE("a short array wastes less than four elements") {
  GrowingArray<uint64_t> array;
  for (uint32_t i = 1; i <= 100; ++i) {
    array.push_back(i);
    CHECK(array.memory() < (i + 4) * sizeof(uint64_t));
  }
}

}  // namespace slotway::backend
