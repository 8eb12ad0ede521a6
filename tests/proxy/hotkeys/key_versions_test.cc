#include "proxy/hotkeys/key_versions.h"

#include <doctest/doctest.h>

#include <memory>
#include <set>
#include <thread>

#include "proxy/hotkeys/shared.h"

namespace slotway::proxy {

namespace {

// Different hashes of one bucket.
uint64_t in_bucket(uint64_t number) { return 7 + number * KeyVersions::kBuckets; }

}  // namespace

TEST_CASE("key versions: claimed, found by its hash and its index, and released") {
  KeyVersions versions;
  CHECK(versions.find(7) == nullptr);
  CHECK_FALSE(versions.in_use());
  versions.bump(7);  // nothing
  KeyVersions::Cell* const cell = versions.claim(7);
  REQUIRE(cell != nullptr);
  CHECK(versions.find(7) == cell);
  CHECK(versions.in_use());
  CHECK(versions.index_of(*cell) < KeyVersions::kCells);
  versions.release(*cell);
  CHECK_FALSE(versions.in_use());
  CHECK(versions.find(7) == nullptr);
}

TEST_CASE("key versions: a bucket has four, each with an index and a version of its own") {
  KeyVersions versions;
  std::set<size_t> indexes;
  for (uint64_t i = 0; i < KeyVersions::kWays; ++i) {
    KeyVersions::Cell* const cell = versions.claim(in_bucket(i));
    REQUIRE(cell != nullptr);
    indexes.insert(versions.index_of(*cell));
  }
  CHECK(indexes.size() == KeyVersions::kWays);
  CHECK(versions.claim(in_bucket(KeyVersions::kWays)) == nullptr);
  CHECK(versions.claim(in_bucket(0) + 1) != nullptr);  // the next bucket
  const uint64_t other = versions.find(in_bucket(1))->version;
  const uint64_t before = versions.find(in_bucket(2))->version;
  versions.bump(in_bucket(2));
  CHECK(versions.find(in_bucket(2))->version == before + 1);
  CHECK(versions.find(in_bucket(1))->version == other);
  versions.release(*versions.find(in_bucket(2)));
  CHECK(versions.claim(in_bucket(KeyVersions::kWays)) != nullptr);
}

TEST_CASE("key versions: hashes that the filter cannot tell apart are told apart") {
  KeyVersions versions;
  KeyVersions::Cell* const first = versions.claim(in_bucket(0));
  CHECK(versions.find(in_bucket(1)) == nullptr);
  KeyVersions::Cell* const second = versions.claim(in_bucket(1));
  versions.release(*first);
  CHECK(versions.find(in_bucket(0)) == nullptr);
  CHECK(versions.find(in_bucket(1)) == second);
}

TEST_CASE("key versions: whoever holds a cell sees that it has changed hands") {
  KeyVersions versions;
  KeyVersions::Cell* const cell = versions.claim(7);
  uint64_t last = cell->version;
  for (uint64_t i = 1; i < 100; ++i) {
    versions.release(*cell);
    CHECK(cell->version > last);
    last = cell->version;
    REQUIRE(versions.claim(in_bucket(i % 3)) == cell);
    CHECK(cell->version > last);
    last = cell->version;
  }
}

TEST_CASE("key versions: all cells of a bucket have one owner") {
  for (const size_t workers : {1, 2, 3, 4, 64}) {
    for (uint64_t i = 0; i < 10; ++i) {
      CHECK(KeyVersions::owner_of(in_bucket(i), workers) ==
            KeyVersions::owner_of(in_bucket(0), workers));
      CHECK(KeyVersions::owner_of(in_bucket(i), workers) < workers);
    }
  }
}

TEST_CASE("key versions: no increment of any thread is lost") {
  constexpr int kTimes = 20'000;
  const auto versions = std::make_unique<KeyVersions>();
  KeyVersions::Cell* const cell = versions->claim(7);
  const uint64_t before = cell->version;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < kTimes; ++j) versions->bump(7);
      });
    }
    // A neighbour that comes and goes meanwhile.
    for (int j = 0; j < kTimes; ++j) versions->release(*versions->claim(in_bucket(1)));
  }
  CHECK(cell->version == before + 4 * kTimes);
}

TEST_CASE("key versions: the seed of the hashes has 64 bits of chance, not 32 of them twice") {
  const HotKeysShared shared;
  CHECK((shared.seed >> 32) != (shared.seed & 0xffffffff));
}

}  // namespace slotway::proxy
