// Random commands about places to a redis-server 7.0.15 and to the store.
#include "tests/backend/server_pair.h"
#include "tests/support/patience.h"

namespace slotway::backend {

namespace {

class GeoCommands {
 public:
  explicit GeoCommands(uint64_t seed) : draw_(seed) {}

  Command next() {
    switch (draw_.below(10)) {
      case 0:
      case 1:
      case 2:
        return add();
      case 3:
        return odd_score();
      case 4:
        return {draw_.any({"GEOPOS", "GEOHASH"}), key(), member(), "sinf", "s-1", "s1e17"};
      case 5: {
        Command command = {"GEODIST", key(), member(), member()};
        if (draw_.below(2)) command.push_back(unit());
        if (draw_.below(20) == 0) command.push_back("more");
        return command;
      }
      case 6:
        return radius();
      case 7:
        return {"ZREM", key(), member(), member()};
      default:
        return search();
    }
  }

 private:
  std::string key() { return draw_.any({"a", "b", "world", "world", "world", "none", "text"}); }
  std::string member() { return "p" + std::to_string(draw_.below(150)); }
  std::string unit() { return draw_.any({"m", "km", "KM", "ft", "mi", "mi", "yd"}); }
  std::string number(double from, double to) {
    if (draw_.below(40) == 0) return draw_.any({"x", "nan", "inf", "200", "-181", "86", ""});
    const double share = static_cast<double>(draw_.below(1'000'000'000)) / 1e9;
    return std::to_string(from + share * (to - from));
  }
  // Of a center.
  std::string longitude() {
    return draw_.below(10) ? number(-180, 180) : draw_.any({"0", "180", "-180"});
  }
  std::string latitude() {
    return draw_.below(10) ? number(-85, 85) : draw_.any({"0", "85.05112878", "-85.05112878"});
  }
  std::string length() {
    return draw_.any(
        {"0", "1", "100", "1000", "5000", "7000", "20000", "123.456", "-1", "x", "1e9"});
  }

  // Scores that are not those of places. Only one member has each: ties in the distance are not in
  // any order when there is a COUNT.
  Command odd_score() {
    const std::string score = draw_.any({"-1", "inf", "0.5", "1e17"});
    return {"ZADD", key(), score, "s" + score};
  }

  Command add() {
    Command command = {"GEOADD", key()};
    if (draw_.below(6) == 0) command.push_back(draw_.any({"NX", "XX", "CH", "GT"}));
    for (uint64_t i = 1 + draw_.below(4); i > 0; --i) {
      command.insert(command.end(), {number(-180, 180), number(-85, 85), member()});
    }
    if (draw_.below(30) == 0) command.pop_back();
    return command;
  }

  void add_options(Command& command, bool may_store) {
    for (uint64_t i = draw_.below(4); i > 0; --i) {
      switch (draw_.below(6)) {
        case 0:
          command.insert(command.end(), {"COUNT", draw_.any({"1", "3", "10", "0", "-1", "x"})});
          break;
        case 1:
          command.push_back(draw_.any({"ASC", "DESC", "asc"}));
          break;
        case 2:
          command.push_back("ANY");
          break;
        case 3:
          if (may_store) {
            command.insert(command.end(), {draw_.any({"STORE", "STOREDIST"}), "dst"});
            break;
          }
          [[fallthrough]];
        default:
          command.push_back(draw_.any({"WITHDIST", "WITHHASH", "WITHCOORD", "BAD"}));
      }
    }
  }

  Command radius() {
    const bool read_only = draw_.below(2);
    Command command = {read_only ? "GEORADIUS_RO" : "GEORADIUS", key(), longitude(), latitude()};
    if (draw_.below(2)) {
      command = {read_only ? "GEORADIUSBYMEMBER_RO" : "GEORADIUSBYMEMBER", key(), member()};
    }
    command.insert(command.end(), {length(), unit()});
    add_options(command, true);
    return command;
  }

  Command search() {
    Command command = {"GEOSEARCH", key()};
    const bool stores = draw_.below(4) == 0;
    if (stores) command = {"GEOSEARCHSTORE", "dst", key()};
    if (draw_.below(20)) {
      if (draw_.below(2)) {
        command.insert(command.end(), {"FROMLONLAT", longitude(), latitude()});
      } else {
        command.insert(command.end(), {"FROMMEMBER", member()});
      }
    }
    if (draw_.below(20)) {
      if (draw_.below(2)) {
        command.insert(command.end(), {"BYRADIUS", length(), unit()});
      } else {
        command.insert(command.end(), {"BYBOX", length(), length(), unit()});
      }
    }
    if (stores && draw_.below(2)) command.push_back("STOREDIST");
    add_options(command, false);
    return command;
  }

  Draw draw_;
};

void run(int version, uint64_t seed, int batches) {
  ServerPair pair(version);
  GeoCommands source(seed);
  pair.compare({{"SET", "text", "x"}});
  for (int i = 0; i < batches; ++i) {
    std::vector<Command> commands;
    for (int count = 0; count < 40; ++count) commands.push_back(source.next());
    pair.compare(commands);
    for (const char* const key : {"a", "b", "world", "dst"}) {
      pair.compare({{"ZRANGE", key, "0", "-1", "WITHSCORES"}});
    }
  }
}

}  // namespace

TEST_CASE("commands about places get the same replies as from redis-server") {
  for (const uint64_t seed : {1, 2}) run(2, seed, tests::kSanitized ? 20 : 80);
  run(3, 3, tests::kSanitized ? 20 : 80);
}

}  // namespace slotway::backend
