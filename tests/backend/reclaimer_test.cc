#include "backend/engine/reclaimer.h"

#include <doctest/doctest.h>

#include "tests/backend/engine_parts.h"

namespace slotway::backend {

TEST_CASE("a value that a reply still refers to stays whole until that is sent") {
  wire::BlockPool blocks;
  Reclaimer reclaimer;
  Entry* const entry = make_string(blocks, "k", std::string(4 << 20, 'x'), Entry::kNoExpiry);
  wire::OutputBuffer out(blocks);
  wire::ReplyWriter reply(out);
  write_string(entry, reply);
  CHECK(reclaimer.dispose_lazily(entry));
  CHECK(reclaimer.pending() == 1);
  settle(reclaimer);
  CHECK(reclaimer.pending() == 0);
  // The bytes are whole as long as they are in the output.
  size_t count = 0;
  for (const wire::BlockRange& range : out.ranges()) {
    for (const char c : range.view()) count += c == 'x';
  }
  CHECK(count == 4 << 20);
}

TEST_CASE("large values and whole databases are given back step by step") {
  wire::BlockPool blocks;
  Reclaimer reclaimer;
  CHECK(reclaimer.dispose_lazily(
      make_string(blocks, "k", std::string(4 << 20, 'x'), Entry::kNoExpiry)));
  Keyspace keyspace;
  for (int i = 0; i < 2000; ++i) {
    const OwnedKey owned("k" + std::to_string(i));
    keyspace.insert(owned.key,
                    make_string(blocks, owned.text, std::string(i % 100 ? 10 : 500'000, 'x'),
                                i % 3 ? Entry::kNoExpiry : 1'800'000'000'000));
  }
  reclaimer.dispose_lazily(keyspace.take_contents());
  CHECK(keyspace.size() == 0);
  CHECK(reclaimer.pending() == 2001);
  uint64_t steps = 0;
  reclaimer.work([&] { return ++steps > 5; });
  CHECK(reclaimer.has_work());
  CHECK(reclaimer.pending() + reclaimer.freed() == 2001);
  settle(reclaimer);
  CHECK(reclaimer.pending() == 0);
  CHECK(reclaimer.freed() == 2001);
}

TEST_CASE("a slot is dropped with all that belongs to it, and nothing else is") {
  ManualClock clock;
  Engine engine(1, clock);
  Database& database = engine.database(0);
  for (uint64_t i = 0; i < 3000; ++i) {
    const OwnedKey owned = same_slot(i);
    database.put(owned.key, nullptr,
                 plain_entry(owned.text, i % 2 ? clock.wall + 1000 : Entry::kNoExpiry));
  }
  const wire::Slot slot = same_slot(0).key.slot;
  const OwnedKey other("other");
  REQUIRE(other.key.slot != slot);
  database.put(other.key, nullptr, plain_entry(other.text, clock.wall + 5000));
  const uint64_t bytes_of_other = database.keyspace().bytes(other.key.slot);

  database.drop_slot(slot);
  CHECK(database.size() == 1);
  CHECK(database.keyspace().size(slot) == 0);
  CHECK(database.keyspace().expiring() == 1);
  CHECK(database.keyspace().expiring(slot) == 0);
  CHECK(database.keyspace().bytes() == bytes_of_other);
  CHECK(database.keyspace().next_expiring().entry->key() == "other");
  database.drop_slot(slot);  // there is nothing any more
  settle(engine.reclaimer());
  CHECK(engine.reclaimer().freed() == 3000);
  CHECK_FALSE(database.find(same_slot(1).key));
}

TEST_CASE("what is queued at the end is given back") {
  wire::BlockPool blocks;
  {
    Reclaimer reclaimer;
    Keyspace keyspace;
    for (int i = 0; i < 500; ++i) {
      const OwnedKey owned("k" + std::to_string(i));
      keyspace.insert(owned.key,
                      make_string(blocks, owned.text, std::string(300'000, 'x'), Entry::kNoExpiry));
    }
    reclaimer.dispose_lazily(keyspace.take_contents());
    CHECK(keyspace.size() == 0);
  }
  // The leak checker of the sanitizer build has the last word.
}

}  // namespace slotway::backend
