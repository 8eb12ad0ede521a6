#include "backend/types/hyperloglog.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "backend/types/hyperloglog_dense.h"
#include "backend/types/hyperloglog_sparse.h"

namespace slotway::backend {

namespace {

constexpr uint64_t kAnyLength = UINT64_MAX;

// Few different indices and ranks, so that runs meet, or any.
HllElement random_element(std::mt19937_64& random, bool crowded) {
  const auto index = static_cast<uint32_t>(random() % (crowded ? 60 : kHllRegisters));
  const auto rank = static_cast<uint8_t>(1 + random() % (crowded ? 3 : kHllSparseMost));
  return {crowded && random() % 2 ? index + 8000 : index, rank};
}

std::vector<uint8_t> registers_of(const std::string& value) {
  HllRegisters registers;
  REQUIRE(merge_hll(registers, value));
  return {registers.values.begin(), registers.values.end()};
}

}  // namespace

TEST_CASE("elements hash as in Redis") {
  // From PFDEBUG DECODE of redis-server 7.0.15.
  const auto is = [](std::string_view bytes, uint32_t index, uint8_t rank) {
    const HllElement element = hll_element(bytes);
    return element.index == index && element.rank == rank;
  };
  CHECK(is("", 5938, 2));
  CHECK(is("a", 12711, 2));
  CHECK(is("1234567", 10327, 3));
  CHECK(is("12345678", 10579, 3));
  CHECK(is("123456789012345", 4659, 1));
}

TEST_CASE("sparse and dense registers are the highest rank of each") {
  std::mt19937_64 random(1);
  for (int round = 0; round < 60; ++round) {
    const bool crowded = round % 2 == 0;
    std::vector<uint8_t> model(kHllRegisters);
    std::string sparse = empty_hll();
    std::string small = empty_hll();  // becomes dense on the way
    std::string dense = *hll_made_dense(sparse);
    for (int i = 0; i < 400; ++i) {
      const HllElement element = random_element(random, crowded);
      const bool changes = element.rank > model[element.index];
      model[element.index] = std::max(model[element.index], element.rank);
      const HllAdded expected = changes ? HllAdded::kYes : HllAdded::kNo;
      REQUIRE(add_to_hll(sparse, element, kAnyLength) == expected);
      REQUIRE(add_to_hll(small, element, 100) == expected);
      REQUIRE(raise_hll_dense(dense.data(), element) == changes);
    }
    REQUIRE_FALSE(is_hll_dense(sparse));
    REQUIRE((is_hll_dense(small) || small.size() <= 100));
    REQUIRE(registers_of(sparse) == model);
    REQUIRE(registers_of(small) == model);
    REQUIRE(registers_of(dense) == model);
    REQUIRE(*hll_made_dense(sparse) == dense);
    for (uint32_t i = 0; i < kHllRegisters; ++i) REQUIRE(hll_dense_register(dense, i) == model[i]);
    HllRegisters registers;
    std::copy(model.begin(), model.end(), registers.values.begin());
    REQUIRE(estimate_hll(sparse) == estimate_hll(registers));
    REQUIRE(estimate_hll(dense) == estimate_hll(registers));
  }
}

TEST_CASE("a rank that no run can hold makes a value dense") {
  std::string value = empty_hll();
  REQUIRE(add_to_hll(value, {5, kHllSparseMost}, kAnyLength) == HllAdded::kYes);
  CHECK_FALSE(is_hll_dense(value));
  REQUIRE(add_to_hll(value, {7, kHllSparseMost + 1}, kAnyLength) == HllAdded::kYes);
  CHECK(is_hll_dense(value));
  CHECK(hll_dense_register(value, 5) == kHllSparseMost);
  CHECK(hll_dense_register(value, 7) == kHllSparseMost + 1);
}

TEST_CASE("raising all registers at once makes the same bytes as one after the other") {
  std::mt19937_64 random(2);
  for (int round = 0; round < 200; ++round) {
    const bool crowded = round % 4 != 0;
    const uint64_t most = round % 3 == 0 ? 150 : kAnyLength;
    std::string value = empty_hll();
    for (uint64_t i = random() % 100; i > 0; --i) {
      add_to_hll(value, random_element(random, crowded), most);
    }
    HllRegisters registers;
    merge_hll(registers, value);
    for (uint64_t i = random() % 200; i > 0; --i) {
      const HllElement element = random_element(random, crowded);
      uint8_t& rank = registers.values[element.index];
      rank = std::max(rank, element.rank);
    }
    std::string expected = value;
    for (uint32_t i = 0; i < kHllRegisters; ++i) {
      if (registers.values[i] > 0) add_to_hll(expected, {i, registers.values[i]}, most);
    }
    raise_hll(value, registers, most);
    REQUIRE(value == expected);
  }
}

TEST_CASE("estimates are near the truth") {
  std::mt19937_64 random(3);
  HllRegisters registers;
  CHECK(estimate_hll(registers) == 0);
  for (uint64_t count = 1; count <= 300'000; ++count) {
    const uint64_t number = random();
    const HllElement element = hll_element({reinterpret_cast<const char*>(&number), sizeof number});
    uint8_t& rank = registers.values[element.index];
    rank = std::max(rank, element.rank);
    if (count != 1 && count != 100 && count != 10'000 && count != 300'000) continue;
    const double error = static_cast<double>(estimate_hll(registers)) - static_cast<double>(count);
    CHECK(std::abs(error) <= 0.04 * static_cast<double>(count));
  }
  registers.values.fill(63);
  CHECK(estimate_hll(registers) == uint64_t{1} << 63);
}

TEST_CASE("the cardinality is kept until something changes") {
  std::string value = empty_hll();
  CHECK(hll_cardinality(value.data()) == 0);
  mark_hll_changed(value.data());
  CHECK_FALSE(hll_cardinality(value.data()));
  set_hll_cardinality(value.data(), 77);
  CHECK(hll_cardinality(value.data()) == 77);
}

TEST_CASE("what is no HyperLogLog is told apart") {
  const std::string good = empty_hll();
  CHECK(is_hyperloglog(good));
  CHECK(is_hyperloglog(good.substr(0, kHllHeader)));
  CHECK_FALSE(is_hyperloglog({}));
  CHECK_FALSE(is_hyperloglog("HYLL"));
  CHECK_FALSE(is_hyperloglog(good.substr(0, kHllHeader - 1)));
  std::string bad = good;
  bad[0] = 'h';
  CHECK_FALSE(is_hyperloglog(bad));
  bad = good;
  bad[4] = 2;
  CHECK_FALSE(is_hyperloglog(bad));
  bad[4] = 0;
  CHECK_FALSE(is_hyperloglog(bad));
  bad.resize(kHllDense);
  CHECK(is_hyperloglog(bad));
  bad.resize(kHllDense + 1);
  CHECK_FALSE(is_hyperloglog(bad));
}

TEST_CASE("corrupt runs are refused, and read no further than they go") {
  std::mt19937_64 random(4);
  for (int round = 0; round < 20'000; ++round) {
    std::string value = empty_hll();
    if (round % 2 == 0) {
      value.resize(kHllHeader);
      for (uint64_t i = random() % 600; i > 0; --i) value += static_cast<char>(random());
    } else {
      for (int i = 0; i < 30; ++i) add_to_hll(value, random_element(random, false), kAnyLength);
      const size_t at = kHllHeader + random() % (value.size() - kHllHeader);
      if (round % 4 == 1) value.resize(at);
      if (round % 4 == 3) value[at] = static_cast<char>(random());
    }
    // A buffer of just this size, so that a sanitizer sees what lies outside of it.
    const std::unique_ptr<char[]> exact(new char[value.size()]);
    std::copy(value.begin(), value.end(), exact.get());
    const std::string_view view(exact.get(), value.size());
    HllRegisters registers;
    const bool valid = merge_hll(registers, view);
    REQUIRE(estimate_hll(view).has_value() == valid);
    REQUIRE(hll_made_dense(view).has_value() == valid);
    for (int i = 0; i < 5; ++i) {
      const HllElement element = random_element(random, false);
      find_hll_register(view, element.index);
      std::string changed = value;
      const HllAdded added = add_to_hll(changed, element, random() % 2 ? kAnyLength : 100);
      if (valid) REQUIRE(added != HllAdded::kCorrupt);
      if (valid) REQUIRE(registers_of(changed)[element.index] >= element.rank);
    }
    raise_hll(value, registers, kAnyLength);
  }
  std::string endless(kHllHeader, '\0');
  endless.replace(0, 5, "HYLL\1");
  endless += std::string(600'000, '\x7f');  // more registers than 2^32
  CHECK_FALSE(estimate_hll(endless));
}

}  // namespace slotway::backend
