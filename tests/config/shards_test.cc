#include "config/shards.h"

#include "config/slot_plan.h"
#include "tests/config/parse.h"

namespace slotway::config {

namespace {

// A pool whose shards are `lines`, the first being line 4 at column 7.
std::string shards(std::string_view lines, std::string_view more = "") {
  return "pools:\n  main:\n    shards:\n      " + std::string(lines) + "\n" + std::string(more);
}

Pool pool_of(const std::string& text) { return parsed(text).pools.at(0); }

}  // namespace

TEST_CASE("the slots of each shard, in every spelling") {
  const Pool pool =
      pool_of(shards("a: { primary: redis-a.internal:7001, slots: 0-5460 }\n"
                     "      b: { primary: 127.0.0.1:7002, slots: [5461-10922] }\n"
                     "      c: { primary: embedded, slots: [10923-16000, 16001, 16002-16382] }\n"
                     "      d: { primary: unix:/run/d.sock, slots: 16383 }"));
  REQUIRE(pool.shards.size() == 4);
  CHECK(pool.shards[0].name == "a");
  CHECK(pool.shards[0].primary.text() == "redis-a.internal:7001");
  CHECK(pool.shards[0].slots == std::vector<SlotRange>{{0, 5460}});
  CHECK(pool.shards[1].slots == std::vector<SlotRange>{{5461, 10922}});
  CHECK(pool.shards[2].slots == std::vector<SlotRange>{{10923, 16382}});
  CHECK(pool.shards[3].slots == std::vector<SlotRange>{{16383, 16383}});
  CHECK(pool.slot_owner[0] == 0);
  CHECK(pool.slot_owner[5461] == 1);
  CHECK(pool.slot_owner[16382] == 2);
  CHECK(pool.slot_owner[16383] == 3);
}

TEST_CASE("without slots they are spread in the order of the file") {
  const Pool pool =
      pool_of(shards("z: { primary: z:1 }\n      y: { primary: y:1 }\n      x: { primary: x:1 }"));
  CHECK(pool.shards[0].name == "z");
  CHECK(pool.shards[0].slots == std::vector<SlotRange>{{0, 5460}});
  CHECK(pool.shards[1].slots == std::vector<SlotRange>{{5461, 10922}});
  CHECK(pool.shards[2].slots == std::vector<SlotRange>{{10923, 16383}});
  CHECK(pool.slot_owner[16383] == 2);
}

TEST_CASE("the order in which a shard lists its slots does not matter") {
  const std::string tail = "16000-16383, 0-100, 200-15999, 101-199] }";
  const std::string forward = "0-16383] }";
  CHECK(pool_of(shards("a: { primary: a:1, slots: [" + tail)) ==
        pool_of(shards("a: { primary: a:1, slots: [" + forward)));
}

TEST_CASE("overlaps are errors at the later range, gaps allowed or not") {
  const std::string overlap =
      "a: { primary: a:1, slots: [0-99, 200-300] }\n"
      "      b: { primary: b:1, slots: [100-199, 299-16383] }";
  const std::string message =
      "5:43: slots: expected slots that no shard has yet (shard 'a' has some of these), got "
      "'299-16383'";
  CHECK(error_in(shards(overlap)) == message);
  CHECK(error_in(shards(overlap, "    allow_gaps: true\n")) == message);
  CHECK(error_in(shards("a: { primary: a:1, slots: [0-16383, 7] }")) ==
        "4:43: slots: expected slots that no shard has yet (shard 'a' has some of these), got '7'");
}

TEST_CASE("gaps are errors unless they are allowed") {
  const std::string gaps = "a: { primary: a:1, slots: [1-99, 101, 200-16382] }";
  CHECK(error_in(shards(gaps)) ==
        "3:5: shards: expected an owner for each slot or 'allow_gaps: true', no shard has 0 100 "
        "102-199 16383");
  CHECK(error_in(shards("a: { primary: a:1, slots: [1, 3, 5, 7, 9, 11-16383] }"))
            .ends_with("no shard has 0 2 4 6 8 and 1 more"));
  CHECK(error_in(shards(gaps, "    allow_gaps: false\n")) != "");
  const Pool pool = pool_of(shards(gaps, "    allow_gaps: true\n"));
  CHECK(pool.allow_gaps);
  CHECK(pool.slot_owner[0] == kNoShard);
  CHECK(pool.slot_owner[1] == 0);
  CHECK(pool.slot_owner[100] == kNoShard);
  CHECK(pool.slot_owner[16383] == kNoShard);
  CHECK(slot_count(pool.shards[0].slots) == 16384 - 101);
}

TEST_CASE("slots in some shards and not in others") {
  CHECK(error_in(shards("a: { primary: a:1, slots: 0-16383 }\n      b: { primary: b:1 }")) ==
        "5:7: 'slots' is missing in b, expected in every shard of a pool or in none");
  CHECK(error_in(shards("a: { primary: a:1 }\n      b: { primary: b:1, slots: 0-5 }",
                        "    allow_gaps: true\n")) ==
        "4:7: 'slots' is missing in a, expected in every shard of a pool or in none");
}

TEST_CASE("bad slots") {
  const std::string message =
      "slots: expected a slot or a range of slots from 0 to 16383, such as 0-5460, got ";
  CHECK(error_in(shards("a: { primary: a:1, slots: 0-16384 }")) ==
        "4:33: " + message + "'0-16384'");
  CHECK(error_in(shards("a: { primary: a:1, slots: [0-1, 9-2] }")) == "4:39: " + message + "'9-2'");
  CHECK(error_in(shards("a: { primary: a:1, slots: [[0-1]] }")) == "4:34: " + message + "a list");
  CHECK(error_in(shards("a: { primary: a:1, slots: }")) == "4:26: " + message + "nothing");
  CHECK(error_in(shards("a: { primary: a:1, slots: [] }")) ==
        "4:33: slots: expected at least one, got an empty list");
}

TEST_CASE("bad shards") {
  CHECK(error_in(shards("a: { slots: 0-16383 }")) ==
        "4:7: 'primary' is missing in a, expected HOST:PORT, unix:/path or embedded");
  CHECK(error_in(shards("a:")) ==
        "4:7: 'primary' is missing in a, expected HOST:PORT, unix:/path or embedded");
  CHECK(error_in(shards("a: a:1")) == "4:10: a: expected a mapping, got 'a:1'");
  CHECK(error_in(shards("a: { primary: a }")) ==
        "4:21: primary: expected HOST:PORT, \"[IPv6]:PORT\" in quotes, unix:/path of at most 107 "
        "bytes, or embedded, got 'a'");
  CHECK(error_in(shards("a: { primary: [a:1] }")).starts_with("4:21: primary: expected HOST:PORT"));
  CHECK(error_in(shards("a: { primary: a:1, slot: 0-16383 }")) ==
        "4:26: unknown key 'slot' in a, did you mean 'slots'?");
  CHECK(error_in(shards("a: { primary: a:1 }\n      a: { primary: b:1 }")) ==
        "5:7: expected each key once, got 'a' again (first in line 4)");
  CHECK(error_in(shards("a b: { primary: a:1 }")) ==
        "4:7: shards: expected a name of 1 to 32 letters, digits, '_', '-' and '.', got 'a b'");
}

TEST_CASE("a pool needs shards") {
  CHECK(error_in("pools:\n  main:\n    listen: unix:/x\n") ==
        "2:3: 'shards' is missing in main, expected a mapping of names to shards");
  CHECK(error_in("pools:\n  main:\n    shards: {}\n") ==
        "3:13: shards: expected a mapping with at least one name, got an empty mapping");
  CHECK(error_in("pools:\n  main:\n    shards:\n") ==
        "3:5: shards: expected a mapping with at least one name, got nothing");
  CHECK(error_in("pools:\n  main:\n    shards: [a:1]\n") ==
        "3:13: shards: expected a mapping with at least one name, got a list");
}

TEST_CASE("two shards on one server, or the pool itself as its shard") {
  CHECK(error_in(shards("a: { primary: \"[::1]:1\" }\n      b: { primary: \"[0::1]:1\" }")) ==
        "5:21: primary: expected another address than that of shard 'a', got '[0::1]:1'");
  CHECK(error_in(shards("a: { primary: 127.0.0.1:6380 }")) ==
        "4:21: primary: expected another address than the pool itself listens on, got "
        "'127.0.0.1:6380'");
  CHECK(pool_of(shards("a: { primary: embedded }\n      b: { primary: embedded }")).shards.size() ==
        2);
}

TEST_CASE("as many shards as slots, and not one more") {
  std::string lines;
  for (size_t i = 0; i < wire::kSlotCount; ++i) {
    lines += "s" + std::to_string(i) + ": { primary: embedded }\n      ";
  }
  const Pool pool = pool_of(shards(lines));
  CHECK(pool.shards.size() == wire::kSlotCount);
  CHECK(pool.slot_owner[16383] == 16383);
  CHECK(error_in(shards(lines + "one_more: { primary: embedded }")) ==
        "3:5: shards: expected at most 16384, one for each slot");
}

TEST_CASE("the replicas of a shard, one or a list") {
  const Pool pool =
      pool_of(shards("a: { primary: a:1, replicas: [b:1, \"[::1]:2\", unix:/run/a] }\n"
                     "      b: { primary: b:2, replicas: b:3 }\n      c: { primary: c:1 }"));
  REQUIRE(pool.shards[0].replicas.size() == 3);
  CHECK(pool.shards[0].replicas[0].text() == "b:1");
  CHECK(pool.shards[0].replicas[1].text() == "[::1]:2");
  CHECK(pool.shards[0].replicas[2].text() == "unix:/run/a");
  REQUIRE(pool.shards[1].replicas.size() == 1);
  CHECK(pool.shards[1].replicas[0].text() == "b:3");
  CHECK(pool.shards[2].replicas.empty());
}

TEST_CASE("bad replicas") {
  CHECK(error_in(shards("a: { primary: a:1, replicas: [a:2, a] }"))
            .starts_with("4:42: replicas: expected HOST:PORT"));
  CHECK(error_in(shards("a: { primary: a:1, replicas: [] }")) ==
        "4:36: replicas: expected at least one, got an empty list");
  CHECK(error_in(shards("a: { primary: a:1, replicas: embedded }")) ==
        "4:36: replicas: expected HOST:PORT or unix:/path, got 'embedded'");
  CHECK(error_in(shards("a: { primary: embedded, replicas: a:1 }")) ==
        "4:31: replicas: expected none, an embedded shard has no replicas");
  CHECK(error_in(shards("a: { replicas: a:1, primary: a:1 }")) ==
        "4:22: replicas: expected another address than that of shard 'a', got 'a:1'");
  CHECK(error_in(shards("a: { primary: a:1, replicas: [a:2, a:2] }")) ==
        "4:42: replicas: expected another address than that of shard 'a', got 'a:2'");
  CHECK(error_in(shards("a: { primary: a:1, replicas: a:2 }\n      b: { primary: a:2 }")) ==
        "5:21: primary: expected another address than that of shard 'a', got 'a:2'");
  CHECK(error_in(shards("a: { primary: a:1, replicas: 127.0.0.1:6380 }")) ==
        "4:36: replicas: expected another address than the pool itself listens on, got "
        "'127.0.0.1:6380'");
}

TEST_CASE("read_from") {
  const std::string with = "a: { primary: a:1, replicas: a:2 }";
  CHECK(pool_of(shards(with)).read_from == ReadFrom::kPrimary);
  const auto reads = [&](const std::string& word) {
    return pool_of(shards(with, "    read_from: " + word + "\n")).read_from;
  };
  CHECK(reads("primary") == ReadFrom::kPrimary);
  CHECK(reads("prefer_replica") == ReadFrom::kPreferReplica);
  CHECK(reads("nearest") == ReadFrom::kNearest);
  for (const char* word : {"primary", "prefer_replica", "nearest"}) {
    CHECK(name_of(reads(word)) == word);
  }
  CHECK(error_in(shards(with, "    read_from: replica\n")) ==
        "5:16: read_from: expected primary, prefer_replica or nearest, got 'replica'");
  CHECK(pool_of(shards("a: { primary: a:1 }", "    read_from: primary\n")).shards.size() == 1);
  CHECK(error_in(shards("a: { primary: a:1 }", "    read_from: nearest\n")) ==
        "5:16: read_from: expected primary, for no shard has replicas, got 'nearest'");
}

}  // namespace slotway::config
