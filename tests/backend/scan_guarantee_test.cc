// SCAN's promise, which several files keep together: a key that is there from the first call of a
// scan to the last is shown at least once, whatever grows, shrinks, comes and goes meanwhile.
#include <doctest/doctest.h>

#include <random>
#include <set>
#include <string>

#include "tests/backend/engine_parts.h"

namespace slotway::backend {

namespace {

struct Scenario {
  const char* name;
  bool one_slot;
  uint64_t steady;  // keys that are there all the time
  uint64_t others;  // numbers of keys that come and go
  int grow;         // of 100 changes, how many are insertions
};

std::string name_of(const Scenario& scenario, const char* kind, uint64_t number) {
  return (scenario.one_slot ? "{tag}" : "") + std::string(kind) + std::to_string(number);
}

}  // namespace

TEST_CASE("every key that stays is shown") {
  const Scenario scenarios[] = {
      {"one slot, growing", true, 500, 20000, 95},
      {"one slot, shrinking", true, 500, 20000, 5},
      {"one slot, to and fro", true, 300, 3000, 50},
      {"all slots, growing", false, 2000, 40000, 95},
      {"all slots, shrinking", false, 2000, 40000, 5},
  };
  for (const Scenario& scenario : scenarios) {
    for (uint64_t seed = 1; seed <= 4; ++seed) {
      CAPTURE(scenario.name);
      CAPTURE(seed);
      std::mt19937_64 random(seed);
      ManualClock clock;
      Engine engine(1, clock);
      Database& database = engine.database(0);
      const auto add = [&](const OwnedKey& owned) {
        if (!database.find(owned.key)) database.put(owned.key, nullptr, plain_entry(owned.text));
      };
      for (uint64_t i = 0; i < scenario.steady; ++i) add(OwnedKey(name_of(scenario, "s", i)));
      if (scenario.grow < 50) {
        for (uint64_t i = 0; i < scenario.others; ++i) add(OwnedKey(name_of(scenario, "o", i)));
      }
      std::set<std::string> shown;
      Keyspace::Cursor cursor = 0;
      uint64_t calls = 0;
      const uint64_t changes = scenario.one_slot ? 200 : 6;
      do {
        cursor = database.keyspace().scan(cursor, [&](Entry* entry) {
          if (entry->key().find('s') != std::string_view::npos) {
            shown.insert(std::string(entry->key()));
          }
        });
        REQUIRE(cursor < (uint64_t{1} << 48));
        REQUIRE(++calls < 200000);
        for (uint64_t i = 0; i < changes; ++i) {
          const OwnedKey owned(name_of(scenario, "o", random() % scenario.others));
          if (static_cast<int>(random() % 100) < scenario.grow) {
            add(owned);
          } else {
            database.remove(owned.key);
          }
        }
      } while (cursor != 0);
      CHECK(shown.size() == scenario.steady);
    }
  }
}

TEST_CASE("an undisturbed scan shows every key exactly once") {
  ManualClock clock;
  Engine engine(1, clock);
  Database& database = engine.database(0);
  for (uint64_t i = 0; i < 30000; ++i) {
    const OwnedKey owned(i % 2 ? "{tag}" + std::to_string(i) : std::to_string(i));
    database.put(owned.key, nullptr, plain_entry(owned.text));
  }
  std::multiset<std::string> shown;
  Keyspace::Cursor cursor = 0;
  do {
    cursor = database.keyspace().scan(
        cursor, [&](Entry* entry) { shown.insert(std::string(entry->key())); });
  } while (cursor != 0);
  CHECK(shown.size() == 30000);
  CHECK(std::set<std::string>(shown.begin(), shown.end()).size() == 30000);
}

TEST_CASE("a cursor that no scan gave out ends somewhere") {
  ManualClock clock;
  Engine engine(1, clock);
  Database& database = engine.database(0);
  for (uint64_t i = 0; i < 1000; ++i) {
    const OwnedKey owned = same_slot(i);
    database.put(owned.key, nullptr, plain_entry(owned.text));
  }
  const auto nothing = [](Entry*) {};
  CHECK(database.keyspace().scan(UINT64_MAX, nothing) == 0);
  CHECK(database.keyspace().scan(uint64_t{1} << 48, nothing) == 0);
  for (const Keyspace::Cursor wild : {0x123456789abull, 0xffffffffffffull, 1ull}) {
    Keyspace::Cursor cursor = wild;
    int calls = 0;
    do cursor = database.keyspace().scan(cursor, nothing);
    while (cursor != 0 && ++calls < 10000);
    CHECK(calls < 10000);
  }
}

}  // namespace slotway::backend
