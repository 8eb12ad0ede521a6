#include "backend/engine/reclaimer.h"

#include <doctest/doctest.h>

#include "tests/backend/engine_parts.h"

namespace slotway::backend {

TEST_CASE("a value that a reply still refers to is not given to the other thread") {
  wire::BlockPool blocks;
  Reclaimer reclaimer;
  Entry* const entry = make_string(blocks, "k", std::string(4 << 20, 'x'), Entry::kNoExpiry);
  wire::OutputBuffer out(blocks);
  wire::ReplyWriter reply(out);
  write_string(entry, reply);
  CHECK_FALSE(reclaimer.dispose_lazily(entry));
  CHECK(reclaimer.pending() == 0);
  // The bytes are whole as long as they are in the output.
  size_t count = 0;
  for (const wire::BlockRange& range : out.ranges()) {
    for (const char c : range.view()) count += c == 'x';
  }
  CHECK(count == 4 << 20);
}

TEST_CASE("large values and whole databases go to the other thread") {
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
  CHECK(settles(reclaimer));
  // The one above, 1980 of the database, and its 20 large ones after a question to this thread.
  CHECK(reclaimer.freed() == 2001);
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
