// Random commands of sorted sets and places to a redis-server 7.0.15 and to the store.
#include "tests/backend/server_pair.h"
#include "tests/support/patience.h"

namespace slotway::backend {

namespace {

class SortedSetCommands {
 public:
  explicit SortedSetCommands(uint64_t seed) : draw_(seed) {}

  Command next() {
    switch (draw_.below(16)) {
      case 0:
      case 1:
      case 2:
        return add();
      case 3:
        return members(
            draw_.any({"ZREM", "ZMSCORE", "ZSCORE", "ZRANK", "ZREVRANK", "GEOPOS", "GEOHASH"}));
      case 4:
        return {draw_.any({"ZCARD", "TYPE", "ZPOPMIN", "ZPOPMAX"}), key()};
      case 5:
        return {draw_.any({"ZPOPMIN", "ZPOPMAX"}), key(), draw_.any({"0", "1", "3", "-1", "x"})};
      case 6:
        return {"ZINCRBY", key(), score(), member()};
      case 7:
        return by_score(draw_.any({"ZCOUNT", "ZRANGEBYSCORE", "ZREVRANGEBYSCORE"}));
      case 8:
        return lex();
      case 9:
        return by_rank(draw_.any({"ZRANGE", "ZREVRANGE"}));
      case 10:
        return range();
      case 11:
        return {draw_.any({"ZREMRANGEBYRANK", "ZREMRANGEBYSCORE"}), key(), index(), index()};
      case 12:
        return mpop();
      case 13:
        return combine();
      default:
        return odd();
    }
  }

 private:
  std::string key() { return draw_.any({"a", "b", "c", "small", "none", "text"}); }
  // Of another key set, whose members all have the same score.
  std::string lex_key() { return draw_.any({"l", "m", "set"}); }
  std::string member() {
    switch (draw_.below(6)) {
      case 0:
        return std::to_string(static_cast<int64_t>(draw_.below(30)) - 5);
      case 1:
        return draw_.any(
            {"", std::string("n\0l", 3), "\xff", "01", std::string(64, 'm'), std::string(65, 'M')});
      default:
        return "m" + std::to_string(draw_.below(120));
    }
  }
  std::string score() {
    switch (draw_.below(4)) {
      case 0:
        return draw_.any({"inf",
                          "-inf",
                          "+inf",
                          "nan",
                          "-0",
                          "0",
                          "1e308",
                          "1e400",
                          "1e-400",
                          "0x10",
                          " 1",
                          "1 ",
                          "x",
                          "",
                          "1e17",
                          "123456789012345678",
                          "9007199254740993",
                          "4.9e-324",
                          "infinity",
                          "+5",
                          "1_0",
                          "-1e999"});
      case 1:
        return draw_.any({"3.14159", "-2.5", "0.1", "1e20", "-1e-5", "17.25", "1e15", "1e16"});
      default:
        return std::to_string(static_cast<int64_t>(draw_.below(40)) - 10);
    }
  }
  std::string bound() {
    const std::string text = draw_.below(8) ? score() : draw_.any({"(", "((1", "1(", ""});
    return (draw_.below(3) ? "" : "(") + text;
  }
  std::string lex_bound() {
    return draw_.below(3) ? draw_.any({"[", "("}) + member()
                          : draw_.any({"-", "+", "x", "", "--", "+a", "[", "("});
  }
  std::string index() {
    return draw_.any({"0", "1", "2", "5", "-1", "-2", "-10", "100", "-100", "x", "1.5",
                      "9223372036854775807", "-9223372036854775808"});
  }

  Command add() {
    Command command = {draw_.below(8) ? "ZADD" : "zadd", key()};
    for (uint64_t i = draw_.below(8) / 5; i > 0; --i) {
      command.push_back(draw_.any({"NX", "XX", "GT", "LT", "CH", "INCR", "gt", "xx"}));
    }
    const uint64_t most = draw_.below(20) ? 4 : 60;
    for (uint64_t i = 1 + draw_.below(most); i > 0; --i) {
      // Most of them right, for otherwise hardly any command would be.
      command.push_back(draw_.below(10) ? std::to_string(draw_.below(100)) : score());
      command.push_back(member());
    }
    if (draw_.below(30) == 0) command.pop_back();
    return command;
  }

  Command members(const std::string& name) {
    Command command = {name, key()};
    const bool one = name == "ZSCORE" || name == "ZRANK" || name == "ZREVRANK";
    for (uint64_t i = one ? 1 : draw_.below(4); i > 0; --i) command.push_back(member());
    return command;
  }

  void add_limit(Command& command) {
    if (draw_.below(2)) return;
    command.insert(command.end(), {"LIMIT", index(), index()});
  }

  Command by_score(const std::string& name) {
    Command command = {name, key(), bound(), bound()};
    if (name == "ZCOUNT") return command;
    add_limit(command);
    if (draw_.below(2)) command.push_back("WITHSCORES");
    return command;
  }

  Command lex() {
    switch (draw_.below(8)) {
      case 0:
      case 1:
      case 2: {
        Command command = {"ZADD", lex_key()};
        for (uint64_t i = 1 + draw_.below(draw_.below(20) ? 4 : 100); i > 0; --i) {
          command.insert(command.end(), {"0", member()});
        }
        return command;
      }
      case 3: {
        Command command = {draw_.any({"ZRANGEBYLEX", "ZREVRANGEBYLEX"}), lex_key(), lex_bound(),
                           lex_bound()};
        add_limit(command);
        return command;
      }
      case 4:
        return {"ZLEXCOUNT", lex_key(), lex_bound(), lex_bound()};
      case 5:
        return {"ZREMRANGEBYLEX", lex_key(), lex_bound(), lex_bound()};
      case 6: {
        Command command = {"ZRANGE", lex_key(), lex_bound(), lex_bound(), "BYLEX"};
        if (draw_.below(2)) command.push_back("REV");
        add_limit(command);
        return command;
      }
      default:
        return {"ZREM", lex_key(), member(), member(), member()};
    }
  }

  Command by_rank(const std::string& name) {
    Command command = {name, key(), index(), index()};
    if (draw_.below(2)) command.push_back(draw_.any({"WITHSCORES", "withscores", "WITHSCORE"}));
    return command;
  }

  Command range() {
    const bool by_score = draw_.below(2);
    Command command = {"ZRANGE", key()};
    if (draw_.below(3) == 0) command = {"ZRANGESTORE", draw_.any({"small", "b", "dst"}), key()};
    command.insert(command.end(), {by_score ? bound() : index(), by_score ? bound() : index()});
    if (by_score) command.push_back("BYSCORE");
    if (draw_.below(2)) command.push_back("REV");
    if (draw_.below(4) == 0) command.push_back(draw_.any({"REV", "BYSCORE", "BYLEX", "BAD"}));
    add_limit(command);
    if (draw_.below(3) == 0) command.push_back("WITHSCORES");
    return command;
  }

  Command mpop() {
    Command command = {"ZMPOP", draw_.any({"1", "2", "2", "0", "-1", "x", "9223372036854775807"}),
                       key(), key(), draw_.any({"MIN", "MAX", "min", "MID"})};
    if (draw_.below(2)) {
      command.insert(command.end(), {"COUNT", draw_.any({"1", "2", "10", "0", "-1", "x"})});
    }
    return command;
  }

  Command combine() {
    const std::string name = draw_.any(
        {"ZUNION", "ZINTER", "ZDIFF", "ZUNIONSTORE", "ZINTERSTORE", "ZDIFFSTORE", "ZINTERCARD"});
    Command command = {name};
    if (name.ends_with("STORE")) command.push_back(draw_.any({"small", "dst", "a", "text"}));
    const uint64_t keys = 1 + draw_.below(3);
    command.push_back(draw_.below(12) ? std::to_string(keys)
                                      : draw_.any({"0", "-1", "x", "9", "9223372036854775807"}));
    for (uint64_t i = 0; i < keys; ++i) {
      command.push_back(draw_.any({"a", "b", "c", "small", "dst", "none", "l", "m"}));
    }
    if (draw_.below(3) == 0) {
      command.push_back("WEIGHTS");
      for (uint64_t i = 0; i < keys; ++i) command.push_back(score());
    }
    if (draw_.below(3) == 0) {
      command.insert(command.end(), {"AGGREGATE", draw_.any({"SUM", "MIN", "MAX", "max", "AVG"})});
    }
    if (draw_.below(3) == 0) command.push_back("WITHSCORES");
    if (name == "ZINTERCARD" && draw_.below(2)) {
      command = {name, "2", "a", "b", "LIMIT", draw_.any({"0", "1", "5", "-1", "x"})};
    }
    return command;
  }

  Command odd() {
    switch (draw_.below(10)) {
      case 0:
        return {"DEL", key()};
      case 1:
        return {"SET", "text", "x"};
      case 2:
        return {"OBJECT", "ENCODING", key()};
      case 3:
        return {"ZRANDMEMBER", key(), draw_.any({"0", "x", "-9223372036854775808", "1000000"}),
                draw_.any({"WITHSCORES", "BAD"}), "more"};
      case 4:
        return {"ZSCAN", "absent", draw_.any({"0", "x"})};
      case 5:
        return {"COPY", key(), draw_.any({"dst", "small"}), "REPLACE"};
      case 6:
        return {"ZADD", "small", score(), "m" + std::to_string(draw_.below(9))};
      case 7:
        return {"BZPOPMIN", key(), key(), draw_.any({"0.001", "x", "-1", "nan"})};
      case 8:
        return {"ZRANDMEMBER", key(), "1000000", "WITHSCORES"};
      default:
        return {draw_.any({"SADD", "SREM"}), "set", member(), member(), member()};
    }
  }

  Draw draw_;
};

// Besides what compare_contents() sees: every member with its score.
void compare_members(ServerPair& pair) {
  for (const char* const key : {"a", "b", "c", "small", "dst", "l", "m"}) {
    pair.compare({{"ZRANGE", key, "0", "-1", "WITHSCORES"}, {"ZCARD", key}});
  }
}

void run(int version, uint64_t seed, int batches) {
  compare_random<SortedSetCommands>(version, seed, batches, &compare_members);
}

}  // namespace

TEST_CASE("commands of sorted sets get the same replies as from redis-server, RESP2") {
  for (const uint64_t seed : {1, 2}) run(2, seed, tests::kSanitized ? 30 : 120);
}

TEST_CASE("commands of sorted sets get the same replies as from redis-server, RESP3") {
  run(3, 3, tests::kSanitized ? 30 : 120);
}

}  // namespace slotway::backend
