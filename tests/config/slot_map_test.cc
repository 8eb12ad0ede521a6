#include "config/slot_map.h"

#include "tests/config/parse.h"

namespace slotway::config {

TEST_CASE("the table of one pool") {
  CHECK(describe_slot_map(parsed("pools: { main: { shards: {\n"
                                 "  a: { primary: redis-a.internal:7001 },\n"
                                 "  bb: { primary: embedded },\n"
                                 "  c: { primary: unix:/run/c.sock } } } }\n")) ==
        "pool main: 3 shards, listens on 127.0.0.1:6380\n"
        "  SHARD  PRIMARY                SLOTS   SHARE  RANGES\n"
        "  a      redis-a.internal:7001   5461  33.33%  0-5460\n"
        "  bb     embedded                5462  33.34%  5461-10922\n"
        "  c      unix:/run/c.sock        5461  33.33%  10923-16383\n");
}

TEST_CASE("several pools, several addresses, gaps and scattered slots") {
  CHECK(describe_slot_map(parsed("pools:\n"
                                 "  one:\n"
                                 "    listen: [\"[::1]:6380\", unix:/run/one]\n"
                                 "    shards: { a: { primary: a:1 } }\n"
                                 "  two:\n"
                                 "    allow_gaps: true\n"
                                 "    shards: { a: { primary: a:1, slots: [0-8191, 9000] } }\n")) ==
        "pool one: 1 shard, listens on [::1]:6380, unix:/run/one\n"
        "  SHARD  PRIMARY  SLOTS    SHARE  RANGES\n"
        "  a      a:1      16384  100.00%  0-16383\n"
        "\n"
        "pool two: 1 shard, listens on 127.0.0.1:6380\n"
        "  SHARD  PRIMARY   SLOTS   SHARE  RANGES\n"
        "  a      a:1        8193  50.01%  0-8191 9000\n"
        "  (gap)  no shard   8191  49.99%  8192-8999 9001-16383\n");
}

TEST_CASE("replicas have a column, where there are any") {
  CHECK(describe_slot_map(parsed("pools: { main: { read_from: nearest, shards: {\n"
                                 "  a: { primary: a:1, replicas: [a:2, unix:/a3] },\n"
                                 "  b: { primary: b:1 } } } }\n")) ==
        "pool main: 2 shards, listens on 127.0.0.1:6380, reads from nearest\n"
        "  SHARD  PRIMARY  REPLICAS       SLOTS   SHARE  RANGES\n"
        "  a      a:1      a:2, unix:/a3   8192  50.00%  0-8191\n"
        "  b      b:1                      8192  50.00%  8192-16383\n");
}

}  // namespace slotway::config
