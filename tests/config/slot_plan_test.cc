#include "config/slot_plan.h"

#include <doctest/doctest.h>

namespace slotway::config {

namespace {

SlotOwners no_owners() {
  SlotOwners owners;
  owners.fill(kNoShard);
  return owners;
}

}  // namespace

TEST_CASE("slots are spread contiguously, completely and evenly") {
  for (const size_t shards : {1u, 2u, 3u, 7u, 64u, 1000u, 16383u, 16384u}) {
    CAPTURE(shards);
    SlotOwners owners = no_owners();
    spread_evenly(owners, shards);
    size_t next = 0;
    for (size_t shard = 0; shard < shards; ++shard) {
      const auto ranges = ranges_of(owners, static_cast<uint16_t>(shard));
      REQUIRE(ranges.size() == 1);
      REQUIRE(ranges[0].first == next);
      next = ranges[0].last + 1u;
      const size_t count = slot_count(ranges);
      REQUIRE(count >= wire::kSlotCount / shards);
      REQUIRE(count <= wire::kSlotCount / shards + 1);
    }
    CHECK(next == wire::kSlotCount);
  }
}

TEST_CASE("the splits are those of Redis's cluster tool") {
  const auto split = [](size_t shards, uint16_t shard) {
    SlotOwners owners = no_owners();
    spread_evenly(owners, shards);
    return ranges_text(ranges_of(owners, shard));
  };
  CHECK(split(1, 0) == "0-16383");
  CHECK(split(2, 0) == "0-8191");
  CHECK(split(2, 1) == "8192-16383");
  CHECK(split(3, 0) == "0-5460");
  CHECK(split(3, 1) == "5461-10922");
  CHECK(split(3, 2) == "10923-16383");
  CHECK(split(7, 0) == "0-2340");
  CHECK(split(7, 3) == "7022-9361");
  CHECK(split(7, 6) == "14043-16383");
  CHECK(split(64, 63) == "16128-16383");
}

TEST_CASE("a claim is whole or nothing") {
  SlotOwners owners = no_owners();
  CHECK(!claim(owners, {10, 20}, 3));
  CHECK(claim(owners, {20, 30}, 4) == 3);
  CHECK(owners[21] == kNoShard);
  CHECK(claim(owners, {0, 16383}, 4) == 3);
  CHECK(claim(owners, {15, 15}, 3) == 3);
  CHECK(!claim(owners, {21, 16383}, 4));
  CHECK(!claim(owners, {0, 9}, 5));
  CHECK(owners[0] == 5);
  CHECK(owners[9] == 5);
  CHECK(owners[10] == 3);
  CHECK(owners[20] == 3);
  CHECK(owners[16383] == 4);
  CHECK(ranges_of(owners, kNoShard).empty());
}

TEST_CASE("ranges as text") {
  SlotOwners owners = no_owners();
  claim(owners, {0, 99}, 0);
  claim(owners, {200, 200}, 0);
  claim(owners, {16000, 16383}, 0);
  const auto ranges = ranges_of(owners, 0);
  CHECK(ranges_text(ranges) == "0-99 200 16000-16383");
  CHECK(ranges_text(ranges, 2) == "0-99 200 and 1 more");
  CHECK(ranges_text(ranges, 3) == "0-99 200 16000-16383");
  CHECK(slot_count(ranges) == 100 + 1 + 384);
  CHECK(ranges_text({}) == "");
  CHECK(slot_count({}) == 0);
}

}  // namespace slotway::config
