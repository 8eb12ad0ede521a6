#include "backend/engine/engine.h"

#include <doctest/doctest.h>

#include "tests/backend/engine_parts.h"

namespace slotway::backend {

namespace {

void add_expiring(Database& database, int count, int64_t expiry_ms) {
  for (int i = 0; i < count; ++i) {
    const OwnedKey owned("k" + std::to_string(i));
    database.put(owned.key, nullptr, plain_entry(owned.text, expiry_ms));
  }
}

}  // namespace

TEST_CASE("the cycle removes what has expired from every database and nothing else") {
  ManualClock clock;
  Engine engine(3, clock);
  add_expiring(engine.database(0), 100, clock.wall + 1000);
  add_expiring(engine.database(2), 50, clock.wall + 1000);
  add_expiring(engine.database(1), 10, clock.wall + 100'000);
  CHECK_FALSE(engine.run_expiry_cycle(1000));
  CHECK(engine.key_count() == 160);
  clock.wall += 1000 + 512;  // two ticks: whatever lies before is due
  engine.read_clock();
  CHECK_FALSE(engine.run_expiry_cycle(1000));
  CHECK(engine.database(0).size() == 0);
  CHECK(engine.database(1).size() == 10);
  CHECK(engine.database(2).size() == 0);
  CHECK(engine.statistics().expired == 150);
}

TEST_CASE("a cycle stops at its budget and the next one goes on") {
  ManualClock clock;
  Engine engine(2, clock);
  add_expiring(engine.database(0), 5000, clock.wall + 1);
  add_expiring(engine.database(1), 5000, clock.wall + 1);
  clock.wall += 1000;
  engine.read_clock();
  clock.step = 100;  // microseconds for each look at the clock
  const int64_t before = clock.steady;
  CHECK(engine.run_expiry_cycle(1000));
  CHECK(clock.steady - before <= 1300);
  CHECK(engine.key_count() < 10000);
  CHECK(engine.key_count() > 9000);
  CHECK(engine.statistics().out_of_time == 1);
  int cycles = 1;
  while (engine.run_expiry_cycle(1000)) REQUIRE(++cycles < 1000);
  CHECK(engine.key_count() == 0);
  CHECK(engine.statistics().expired == 10000);
}

TEST_CASE("the cycle leaves large values to the other thread, and asks the clock after each") {
  ManualClock clock;
  Engine engine(1, clock);
  Database& database = engine.database(0);
  const std::string large(4 << 20, 'x');
  for (int i = 0; i < 12; ++i) {
    const OwnedKey owned("k" + std::to_string(i));
    database.put(owned.key, nullptr,
                 make_string(engine.blocks(), owned.text, large, clock.wall + 1));
  }
  clock.wall += 1000;
  engine.read_clock();
  clock.step = 100;  // microseconds for each look at the clock
  CHECK(engine.run_expiry_cycle(300));
  CHECK(database.size() == 9);
  CHECK_FALSE(engine.run_expiry_cycle(10'000));
  CHECK(database.size() == 0);
  settle(engine.reclaimer());
  CHECK(engine.reclaimer().freed() == 12);
}

TEST_CASE("clearing drops databases at once, with large values here or elsewhere") {
  ManualClock clock;
  Engine engine(2, clock);
  for (const bool lazily : {false, true}) {
    for (int i = 0; i < 100; ++i) {
      const OwnedKey owned("k" + std::to_string(i));
      engine.database(0).put(
          owned.key, nullptr,
          make_string(engine.blocks(), owned.text, std::string(300'000, 'x'), Entry::kNoExpiry));
    }
    engine.database(0).clear(lazily);
    CHECK(engine.key_count() == 0);
    CHECK_FALSE(engine.database(0).find(OwnedKey("k1").key));
  }
}

}  // namespace slotway::backend
