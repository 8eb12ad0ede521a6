#include "backend/engine/reclaimer.h"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>

#include "tests/backend/engine_parts.h"

namespace slotway::backend {

namespace {

bool settles(Reclaimer& reclaimer) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (std::chrono::steady_clock::now() < end) {
    reclaimer.collect();
    if (reclaimer.pending() == 0) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

}  // namespace

TEST_CASE("a value that a reply still refers to is not given to the other thread") {
  wire::BlockPool blocks;
  Reclaimer reclaimer;
  Entry* const entry = make_string(blocks, "k", std::string(4 << 20, 'x'), Entry::kNoExpiry);
  wire::OutputBuffer out(blocks);
  wire::ReplyWriter reply(out);
  write_string(entry, reply);
  reclaimer.dispose_lazily(entry);
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
  reclaimer.dispose_lazily(make_string(blocks, "k", std::string(4 << 20, 'x'), Entry::kNoExpiry));
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
