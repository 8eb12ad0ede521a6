#include "backend/types/packed_table.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/support/patience.h"

namespace slotway::backend {

namespace {

using Model = std::unordered_map<std::string, std::string>;
using Kind = PackedTable::Kind;

Model contents(const PackedTable& table) {
  Model all;
  uint64_t shown = 0;
  table.for_each([&](PackedTable::Element element) {
    all.emplace(element.key, element.value);
    ++shown;
  });
  CHECK(shown == all.size());
  return all;
}

void check(const PackedTable& table, const Model& model) {
  REQUIRE(table.size() == model.size());
  REQUIRE(contents(table) == model);
  for (const auto& [key, value] : model) {
    const auto found = table.find(key);
    REQUIRE(found);
    REQUIRE(found->key == key);
    REQUIRE(found->value == value);
  }
}

std::string random_text(std::mt19937_64& random) {
  switch (random() % 8) {
    case 0:
      return std::string(random() % 4, 'x');
    case 1:
      return std::string(120 + random() % 12, static_cast<char>('a' + random() % 3));
    case 2:
      return std::string(random() % 3000, 'L');
    default:
      return "text" + std::to_string(random() % 100000);
  }
}

std::string member(uint64_t number) { return "member:" + std::to_string(number); }

}  // namespace

TEST_CASE("a packed table does what a map does") {
  for (const uint64_t most : {20u, 300u, 5000u}) {
    std::mt19937_64 random(most);
    PackedTable table(Kind::kPairs);
    Model model;
    for (int step = 0; step < 40000; ++step) {
      const bool growing = model.size() < most && step / 10000 % 2 == 0;
      std::string key = random_text(random);
      if (!model.empty() && random() % 3 == 0) {
        key = table.pick([&] { return random(); }).key;
        REQUIRE(model.count(key));
      }
      const std::string value = random_text(random);
      switch (random() % (growing ? 5 : 8)) {
        case 0:
        case 1:
          REQUIRE(table.insert(key, value) == model.emplace(key, value).second);
          break;
        case 2:
        case 3:
          REQUIRE(table.assign(key, value) == !model.count(key));
          model[key] = value;
          break;
        default:
          REQUIRE(table.erase(key) == (model.erase(key) == 1));
      }
      REQUIRE(table.contains(key) == (model.count(key) == 1));
      if (step % 4000 == 0) check(table, model);
    }
    check(table, model);
    const std::unique_ptr<PackedTable> copy(table.copy());
    check(*copy, model);
    CHECK(copy->memory() <= table.memory());
    for (const auto& [key, value] : model) REQUIRE(table.erase(key));
    CHECK(table.size() == 0);
    CHECK(table.memory() < 200);
    check(*copy, model);
  }
}

TEST_CASE("a packed table of keys has no values") {
  PackedTable table(Kind::kKeys);
  const std::string all[] = {"",
                             "a",
                             std::string("n\0l", 3),
                             std::string(126, 'x'),
                             std::string(127, 'x'),
                             std::string(128, 'x'),
                             std::string(100000, 'x')};
  for (const std::string& key : all) {
    CHECK(table.insert(key));
    CHECK_FALSE(table.insert(key));
  }
  for (const std::string& key : all) {
    CHECK(table.find(key)->key == key);
    CHECK(table.find(key)->value.empty());
  }
  for (const std::string& key : all) {
    CHECK(table.erase(key));
    CHECK_FALSE(table.erase(key));
  }
  CHECK(table.size() == 0);
}

TEST_CASE("every element that stays is shown by a scan") {
  for (const int grow : {95, 50, 5}) {
    for (uint64_t seed = 1; seed <= 5; ++seed) {
      CAPTURE(grow);
      CAPTURE(seed);
      std::mt19937_64 random(seed);
      PackedTable table(Kind::kKeys);
      for (uint64_t i = 0; i < 500; ++i) table.insert("s" + std::to_string(i));
      for (uint64_t i = 0; grow < 50 && i < 20000; ++i) table.insert(std::to_string(i));
      std::set<std::string> shown;
      uint64_t position = 0;
      do {
        position = table.scan(position, [&](PackedTable::Element element) {
          if (element.key[0] == 's') shown.emplace(element.key);
        });
        REQUIRE(position < uint64_t{1} << PackedTable::kPositionBits);
        for (int i = 0; i < 100; ++i) {
          const std::string key = std::to_string(random() % 20000);
          if (static_cast<int>(random() % 100) < grow) {
            table.insert(key);
          } else {
            table.erase(key);
          }
        }
      } while (position != 0);
      CHECK(shown.size() == 500);
    }
  }
}

TEST_CASE("a scan of a packed table at rest shows every element once, from wild positions too") {
  PackedTable table(Kind::kKeys);
  CHECK(table.scan(0, [](PackedTable::Element) {}) == 0);
  for (uint64_t i = 0; i < 10000; ++i) table.insert(member(i));
  uint64_t shown = 0;
  uint64_t position = 0;
  do position = table.scan(position, [&](PackedTable::Element) { ++shown; });
  while (position != 0);
  CHECK(shown == 10000);
  for (const uint64_t wild : {UINT64_MAX, uint64_t{1} << 34, uint64_t{12345}}) {
    position = wild;
    int calls = 0;
    do position = table.scan(position, [](PackedTable::Element) {});
    while (position != 0 && ++calls < 100000);
    CHECK(calls < 100000);
  }
}

TEST_CASE("removing or copying in the order of a scan leaves no bucket long") {
  PackedTable table(Kind::kKeys);
  const uint64_t count = tests::kSanitized ? 20000 : 200000;
  for (uint64_t i = 0; i < count; ++i) table.insert(member(i));
  PackedTable copy(Kind::kKeys);
  uint64_t position = 0;
  uint64_t longest = 0;
  const auto length = [](const PackedTable& of, uint64_t at) {
    uint64_t elements = 0;
    of.scan(at, [&](PackedTable::Element) { ++elements; });
    return elements;
  };
  do {
    std::vector<std::string> bucket;
    position = table.scan(position,
                          [&](PackedTable::Element element) { bucket.emplace_back(element.key); });
    for (const std::string& key : bucket) {
      copy.insert(key);
      table.erase(key);
    }
    longest = std::max<uint64_t>({longest, bucket.size(), length(copy, 0), length(copy, position)});
  } while (position != 0);
  CHECK(longest <= 80);
  CHECK(copy.size() + table.size() == count);
  CHECK(table.memory() < count * 10);
}

TEST_CASE("every element of a packed table is picked as often as every other") {
  std::mt19937_64 random(3);
  for (const uint64_t size : {1u, 2u, 17u, 1000u}) {
    PackedTable table(Kind::kKeys);
    for (uint64_t i = 0; i < size; ++i) table.insert(member(i));
    std::map<std::string, uint64_t> picked;
    constexpr uint64_t kMean = 200;
    for (uint64_t i = 0; i < size * kMean; ++i) {
      ++picked[std::string(table.pick([&] { return random(); }).key)];
    }
    REQUIRE(picked.size() == size);
    double squares = 0;
    for (const auto& [key, times] : picked) {
      squares += (double(times) - kMean) * (double(times) - kMean) / kMean;
    }
    CHECK(squares < double(size) + 6 * std::sqrt(2.0 * double(size)));
  }
}

TEST_CASE("a packed table takes little more than its elements") {
  PackedTable table(Kind::kKeys);
  for (uint64_t i = 0; i < 50000; ++i) table.insert("member:" + std::to_string(100000000 + i));
  CHECK(table.memory() < 50000 * 25);
  CHECK(table.effort() < 50000 / 5);
  for (uint64_t i = 0; i < 49000; ++i) table.erase("member:" + std::to_string(100000000 + i));
  CHECK(table.memory() < 1000 * 60);
}

}  // namespace slotway::backend
