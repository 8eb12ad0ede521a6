#include "backend/engine/slot_table.h"

#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <set>
#include <string>
#include <unordered_map>

#include "tests/backend/engine_parts.h"

namespace slotway::backend {

namespace {

// A table with its entries, which it gives back.
struct FilledTable {
  SlotTable table;
  ~FilledTable() {
    table.for_each([](Entry* entry) { Entry::release(entry); });
  }
  Cell* find(const Key& key) { return table.find(key.hash, key.bytes); }
  void add(const Key& key) { table.insert(key.hash, plain_entry(key.bytes)); }
  void remove(const Key& key) {
    Cell* const cell = find(key);
    REQUIRE(cell);
    Entry* const entry = cell->entry();
    table.remove(key.hash, cell);
    Entry::release(entry);
  }
};

}  // namespace

TEST_CASE("a table grows over several windows of tag bits and shrinks to nothing") {
  FilledTable filled;
  // 2^17 keys are 2^13 leaves: levels 0 to 13, with the change of the window at 8.
  constexpr uint64_t kKeys = 1 << 17;
  for (uint64_t i = 0; i < kKeys; ++i) filled.add(same_slot(i).key);
  REQUIRE(filled.table.size() == kKeys);
  for (uint64_t i = 0; i < kKeys; ++i) {
    const OwnedKey owned = same_slot(i);
    Cell* const cell = filled.find(owned.key);
    REQUIRE(cell);
    REQUIRE(cell->entry()->key() == owned.text);
    REQUIRE_FALSE(filled.find(same_slot(kKeys + i).key));
  }
  for (uint64_t i = 0; i < kKeys; ++i) {
    filled.remove(same_slot(i).key);
    if (i % 1000 == 0 && i + 1 < kKeys) {
      REQUIRE(filled.find(same_slot(kKeys - 1).key));
      REQUIRE_FALSE(filled.find(same_slot(i).key));
    }
  }
  CHECK(filled.table.size() == 0);
  // All its memory but that of a leaf or so has been given back.
  CHECK(filled.table.memory() < sizeof(SlotTable) + 200);
}

TEST_CASE("no step gets or gives back more memory than a leaf and a page of the directory") {
  constexpr size_t kMost = 4096;
  FilledTable filled;
  size_t before = filled.table.memory();
  for (uint64_t i = 0; i < 20000; ++i) {
    filled.add(same_slot(i).key);
    const size_t now = filled.table.memory();
    REQUIRE(now <= before + kMost);
    before = now;
  }
  for (uint64_t i = 0; i < 20000; ++i) {
    filled.remove(same_slot(i).key);
    const size_t now = filled.table.memory();
    REQUIRE(before <= now + kMost);
    before = now;
  }
}

TEST_CASE("random inserts and removes leave what a plain map has") {
  FilledTable filled;
  std::map<uint64_t, bool> model;
  std::mt19937_64 random(11);
  for (int i = 0; i < 60000; ++i) {
    // Waves: first mostly growth, then mostly shrinkage, and so on.
    const bool grow = (i / 10000) % 2 == 0;
    const uint64_t number = random() % 6000;
    const OwnedKey owned = same_slot(number);
    const bool present = model.contains(number);
    REQUIRE((filled.find(owned.key) != nullptr) == present);
    if (!present && random() % 4 < (grow ? 3 : 1)) {
      filled.add(owned.key);
      model[number] = true;
    } else if (present && random() % 4 < (grow ? 1 : 3)) {
      filled.remove(owned.key);
      model.erase(number);
    }
    REQUIRE(filled.table.size() == model.size());
  }
  std::set<std::string> seen;
  filled.table.for_each([&](Entry* entry) { seen.insert(std::string(entry->key())); });
  CHECK(seen.size() == model.size());
  for (const auto& [number, present] : model) CHECK(seen.contains(same_slot(number).text));
}

TEST_CASE("the table of a slot takes at most 12.5 bytes per key, few keys or many") {
  for (const uint64_t keys : {61, 183, 1000, 100000}) {
    FilledTable filled;
    for (uint64_t i = 0; i < keys; ++i) filled.add(same_slot(i).key);
    const double per_key = static_cast<double>(filled.table.memory()) / static_cast<double>(keys);
    CAPTURE(keys);
    CHECK(per_key <= 12.5);
  }
}

TEST_CASE("pick is uniform, for small tables and for those with many leaves") {
  for (const uint64_t keys : {5, 100, 3000}) {
    FilledTable filled;
    for (uint64_t i = 0; i < keys; ++i) filled.add(same_slot(i).key);
    std::mt19937_64 random(13);
    std::unordered_map<const Entry*, uint64_t> picked;
    const uint64_t rounds = keys * 200;
    for (uint64_t i = 0; i < rounds; ++i) ++picked[filled.table.pick(random)];
    CHECK(picked.size() == keys);
    double chi_squared = 0;
    for (const auto& [entry, count] : picked) {
      const double off = static_cast<double>(count) - 200;
      chi_squared += off * off / 200;
    }
    // Mean keys - 1, standard deviation sqrt(2 * keys): seven of them.
    const auto degrees = static_cast<double>(keys);
    CAPTURE(keys);
    CHECK(chi_squared < degrees + 7 * std::sqrt(2 * degrees));
  }
}

}  // namespace slotway::backend
