#include "backend/engine/database.h"

#include <doctest/doctest.h>

#include "tests/backend/engine_parts.h"

namespace slotway::backend {

TEST_CASE("an entry is there until its millisecond has passed, and gone for good after") {
  ManualClock clock;
  Engine engine(1, clock);
  Database& database = engine.database(0);
  const OwnedKey owned("a");
  database.put(owned.key, nullptr, plain_entry("a", clock.wall + 100));
  clock.wall += 100;
  engine.read_clock();
  CHECK(database.find(owned.key));
  clock.wall += 1;
  CHECK(database.find(owned.key));  // within one batch time stands still
  engine.read_clock();
  CHECK_FALSE(database.find(owned.key));
  CHECK(database.size() == 0);
  CHECK(engine.statistics().expired == 1);
}

TEST_CASE("a large value that has expired is given back by the other thread") {
  ManualClock clock;
  Engine engine(1, clock);
  Database& database = engine.database(0);
  const OwnedKey large("large");
  const OwnedKey small("small");
  for (const OwnedKey* owned : {&large, &small}) {
    const std::string value(owned == &large ? 4 << 20 : 10, 'x');
    database.put(owned->key, nullptr,
                 make_string(engine.blocks(), owned->text, value, clock.wall + 100));
  }
  clock.wall += 101;
  engine.read_clock();
  CHECK_FALSE(database.find(large.key));
  CHECK_FALSE(database.find(small.key));
  CHECK(engine.statistics().expired == 2);
  settle(engine.reclaimer());
  CHECK(engine.reclaimer().freed() == 1);
}

TEST_CASE("reads count hits and misses, writes do not") {
  ManualClock clock;
  Engine engine(1, clock);
  Database& database = engine.database(0);
  const OwnedKey owned("a");
  CHECK_FALSE(database.read(owned.key));
  database.put(owned.key, nullptr, plain_entry("a"));
  CHECK(database.read(owned.key));
  CHECK(database.find_for_write(owned.key));
  CHECK(database.find(owned.key));
  CHECK(engine.statistics().hits == 1);
  CHECK(engine.statistics().misses == 1);
}

TEST_CASE("the access time follows reads and writes, not plain look-ups") {
  ManualClock clock;
  Engine engine(1, clock);
  Database& database = engine.database(0);
  const OwnedKey owned("a");
  database.put(owned.key, nullptr, plain_entry("a"));
  const uint32_t at_first = database.find(owned.key)->entry()->accessed();
  clock.wall += 5000;
  engine.read_clock();
  CHECK(database.find(owned.key)->entry()->accessed() == at_first);
  CHECK(database.read(owned.key)->accessed() == ((at_first + 5) & 0xffffff));
}

TEST_CASE("putting over a value gives the old one back, expiry included") {
  ManualClock clock;
  Engine engine(1, clock);
  Database& database = engine.database(0);
  const OwnedKey owned("a");
  const std::string large(100'000, 'x');
  database.put(owned.key, nullptr, make_string(engine.blocks(), "a", large, clock.wall + 1000));
  database.put(owned.key, database.find(owned.key),
               make_string(engine.blocks(), "a", "small", Entry::kNoExpiry));
  CHECK(text_of(database.find(owned.key)->entry()) == "small");
  CHECK(database.keyspace().expiring() == 0);
  CHECK(database.remove(owned.key));
  CHECK_FALSE(database.remove(owned.key));
  CHECK(database.size() == 0);
}

}  // namespace slotway::backend
