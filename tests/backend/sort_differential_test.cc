// The same random SORTs, with all options, to a redis-server 7.0.15 and to the store.
#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "tests/backend/server_pair.h"

namespace slotway::backend {

namespace {

class SortCommands : Draw {
 public:
  explicit SortCommands(uint64_t seed) : Draw(seed) {}

  Command next() {
    // Redis makes a skip list of every sorted set that it sorts, the store does not.
    if (!std::exchange(begun_, true)) return {"CONFIG", "SET", "zset-max-listpack-entries", "0"};
    switch (below(8)) {
      case 0:
        return {"RPUSH", any({"l", "m"}), element(), element()};
      case 1:
        return {"SADD", "s", number()};
      case 2:
        return {"ZADD", "z", any({"1", "2", "3", "-inf"}),
                any({number(), number(), "a", "B", "01", "1.0", "-inf", "0x10", "nan"})};
      case 3:
        return {"HSET", "h:" + element(), "f", weight()};
      case 4:
        return {any({"SET", "SETNX"}), "w:" + element(), weight()};
      case 5:
        if (below(4)) return {"LRANGE", any({"out", "l"}), "0", "-1"};
        return {"DEL", any({"l", "m", "s", "z", "out", "w:1", "h:1"})};
      default:
        return sort();
    }
  }

 private:
  std::string number() { return std::to_string(static_cast<int64_t>(below(30)) - 10); }
  // Nothing that is out of a double's range: after that, Redis calls all texts no numbers, until it
  // happens to forget.
  std::string element() {
    if (below(4)) return number();
    return any({"1",
                "2",
                "01",
                "1.0",
                "1.5",
                "-2.25e3",
                "a",
                "b",
                "B",
                "",
                "0x10",
                " 7",
                "inf",
                "-inf",
                "nan",
                "7x",
                std::string("1\0x", 3),
                std::string("a\0b", 3),
                "9007199254740993",
                "9223372036854775807"});
  }
  std::string weight() { return below(3) ? number() : element(); }
  std::string limit() {
    return any({"0", "1", "2", "5", "100", "-1", "-5", "x", "9223372036854775807",
                "-9223372036854775808"});
  }

  // Left out is what has no order that two servers would share: sets whose own order is asked for,
  // sorted sets with equal weights, and parts of those, which Redis sorts in a way of its own.
  Command sort() {
    const std::string key = any({"l", "m", "s", "z", "l", "none", "w:1"});
    Command command = {any({"SORT", "SORT", "SORT", "SORT_RO"}), key};
    bool alphabetic = false;
    bool limited = false;
    bool by = false;
    for (uint64_t i = below(5); i > 0; --i) {
      switch (below(7)) {
        case 0:
          command.push_back(any({"ASC", "DESC", "desc"}));
          break;
        case 1:
          if (by && (limited || key == "z")) break;
          command.push_back("ALPHA");
          alphabetic = true;
          break;
        case 2:
          if (alphabetic && by) break;
          limited = true;
          command.insert(command.end(), {"LIMIT", limit(), limit()});
          break;
        case 3:
          if (key == "s" || (alphabetic && (limited || key == "z"))) break;
          by = true;
          command.insert(
              command.end(),
              {"BY", any({"w:*", "h:*->f", "h:*->none", "nosort", "#", "w:*->", "*", "->*"})});
          break;
        case 4:
          command.insert(command.end(), {"GET", any({"#", "w:*", "h:*->f", "w:1", "*->", "h:*"})});
          break;
        case 5:
          if (below(3) == 0) command.insert(command.end(), {"STORE", any({"out", "out", "m"})});
          break;
        default:
          if (below(8) == 0) command.push_back(any({"BY", "GET", "LIMIT", "STORE", "what"}));
      }
    }
    return command;
  }

  bool begun_ = false;
};

}  // namespace

TEST_CASE("random SORTs get the same replies as from redis-server") {
  compare_random<SortCommands>(2, 1, tests::kSanitized ? 100 : 400);
  compare_random<SortCommands>(3, 2, tests::kSanitized ? 100 : 400);
}

TEST_CASE("small sorted sets are sorted as large ones") {
  ServerPair pair(2);
  pair.compare({{"ZADD", "z", "1", "30", "2", "4", "3", "500"},
                {"SORT", "z"},
                {"SORT", "z", "DESC", "LIMIT", "1", "1"},
                {"SORT", "z", "ALPHA"},
                {"ZADD", "z", "4", "5"},
                {"SORT", "z", "BY", "nosort"},
                {"SORT", "z", "BY", "nosort", "DESC"},
                {"SORT", "z", "BY", "nosort", "DESC", "LIMIT", "1", "2"},
                {"SORT", "z", "BY", "nosort", "LIMIT", "3", "7"},
                {"SORT", "z", "BY", "nosort", "LIMIT", "4", "7"}});
}

TEST_CASE("scores out of range are no numbers") {
  for (const std::string score : {"1e400", "1e-310", "-1e400"}) {
    ServerPair pair(2);
    pair.compare({{"RPUSH", "l", "1", score, "2"}, {"SORT", "l"}, {"SORT", "l", "ALPHA"}});
  }
}

}  // namespace slotway::backend
