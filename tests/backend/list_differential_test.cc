// The same random commands about lists to a redis-server 7.0.15 and to the store.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/backend/server_pair.h"
#include "tests/support/patience.h"

namespace slotway::backend {

namespace {

class ListCommands : Draw {
 public:
  explicit ListCommands(uint64_t seed) : Draw(seed) {}

  Command next() {
    switch (below(14)) {
      case 0:
      case 1:
      case 2:
        return push();
      case 3:
        return pop();
      case 4:
        return {"LRANGE", key(), index(), index()};
      case 5:
        return {"LINDEX", key(), index()};
      case 6:
        return {"LINSERT", key(), any({"BEFORE", "after", "BESIDE"}), element(), element()};
      case 7:
        return {"LSET", key(), index(), element()};
      case 8:
        return {"LREM", key(), any({"0", "1", "-1", "2", "-3", "x", huge(), least()}), element()};
      case 9:
        if (below(3) == 0) return {"LTRIM", key(), index(), index()};
        return {"LTRIM", key(), any({"0", "1", "2"}), any({"-1", "-2", "-3", "200"})};
      case 10:
        return lpos();
      case 11:
        return move();
      case 12:
        return multi_pop();
      default:
        return other();
    }
  }

 private:
  static std::string huge() { return "9223372036854775807"; }
  static std::string least() { return "-9223372036854775808"; }

  std::string key() { return any({"a", "b", "c", "d", "e", "string", "none"}); }
  std::string element() {
    switch (below(20)) {
      case 0:
        return std::string(below(10000), 'L');
      case 1:
        return any({"", " 1", "01", "-0", "127", "128", "-4096", "4095", huge(), least(),
                    "9223372036854775808"});
      case 2:
        return std::string(below(300), 'm');
      default:
        return below(2) == 0 ? std::to_string(below(30)) : "e" + std::to_string(below(20));
    }
  }
  std::string index() {
    if (below(4) > 0) return std::to_string(static_cast<int64_t>(below(60)) - 30);
    return any({"0", "-1", "1000", "-1000", "x", "1.0", "", huge(), least()});
  }

  Command push() {
    Command command = {any({"LPUSH", "RPUSH", "LPUSH", "RPUSH", "LPUSHX", "RPUSHX"}), key()};
    const uint64_t count = below(20) == 0 ? below(300) : below(5);
    for (uint64_t i = 0; i < count; ++i) command.push_back(element());
    return command;
  }

  Command pop() {
    Command command = {any({"LPOP", "RPOP", "LLEN", "lpop"}), key()};
    if (below(2) == 0) {
      command.push_back(any({"0", "1", "2", "7", "1000", "-1", "x", huge(), least()}));
    }
    if (below(20) == 0) command.push_back("1");
    return command;
  }

  Command lpos() {
    Command command = {"LPOS", key(), element()};
    for (uint64_t i = below(4); i > 0; --i) {
      command.push_back(any({"RANK", "COUNT", "MAXLEN", "rank", "FIRST"}));
      if (below(10) > 0) {
        command.push_back(any({"0", "1", "2", "-1", "-2", "5", "30", "x", huge()}));
      }
    }
    return command;
  }

  Command move() {
    if (below(3) == 0) return {"RPOPLPUSH", key(), key()};
    if (below(4) == 0) return {"BRPOPLPUSH", "string", key(), timeout()};
    Command command = {"LMOVE", key(), key(), side(), side()};
    if (below(5) == 0) {
      command[0] = "BLMOVE";
      command[1] = "string";
      command.push_back(timeout());
    }
    return command;
  }
  std::string side() { return any({"LEFT", "RIGHT", "left", "Right", "LEFT", "RIGHT", "UP"}); }
  std::string timeout() { return any({"0", "1", "0.5", "-1", "x", "1e400", "inf", "nan", ""}); }

  Command multi_pop() {
    Command command = {"LMPOP"};
    // What would wait has a key of another type among its keys: it never does.
    const bool blocking = below(4) == 0;
    if (blocking) {
      if (below(2) == 0) return {any({"BLPOP", "BRPOP"}), key(), key(), "string", timeout()};
      command = {"BLMPOP", timeout()};
    }
    const uint64_t count = 1 + below(3);
    command.push_back(below(6) > 0 ? std::to_string(count)
                                   : any({"0", "-1", "x", "100", "1", "2"}));
    for (uint64_t i = 0; i < count; ++i) command.push_back(blocking && i == 0 ? "string" : key());
    if (below(10) > 0) command.push_back(side());
    for (uint64_t i = below(5) == 0 ? 2 : below(2); i > 0; --i) {
      command.push_back(any({"COUNT", "count", "COUNT", "MOST"}));
      if (below(8) > 0) command.push_back(any({"1", "2", "10", "0", "-1", "x", huge()}));
    }
    return command;
  }

  Command other() {
    switch (below(8)) {
      case 0:
        return {"SET", "string", "x"};
      case 1:
        return {any({"DEL", "UNLINK"}), any({"a", "b", "c"})};
      case 2:
        return {"COPY", key(), key(), "REPLACE"};
      case 3:
        return {"RENAME", key(), any({"a", "b", "c", "d"})};
      case 4:
        return {any({"TYPE", "EXISTS", "PERSIST"}), key()};
      case 5:
        return {"CONFIG", "SET", any({"list-max-listpack-size", "list-max-ziplist-size"}),
                any({"-1", "-2", "-5", "1", "3", "16", "128", "0"})};
      case 6:
        return {"OBJECT", "ENCODING", key()};
      default:
        return {any({"APPEND", "INCRBY", "SETNX", "GETSET"}), key(), "1"};
    }
  }
};

template <typename... Seeds>
void compare_lists(int version, Seeds... seeds) {
  for (const uint64_t seed : {uint64_t(seeds)...}) {
    ServerPair pair(version);
    ListCommands source(seed);
    Draw sizes(seed);
    const int batches = tests::kSanitized ? 60 : 250;
    for (int i = 0; i < batches; ++i) {
      std::vector<Command> commands = {{"SET", "string", "x"}};
      for (uint64_t count = 1 + sizes.below(60); count > 0; --count) {
        commands.push_back(source.next());
        if (commands.back()[0][0] == 'B')
          commands.insert(commands.end() - 1, {"SET", "string", "x"});
      }
      for (const char* key : {"a", "b", "c", "d", "e", "none"}) {
        commands.push_back({"LRANGE", key, "0", "-1"});
      }
      pair.compare(commands);
    }
  }
}

}  // namespace

TEST_CASE("random commands about lists get the same replies as from redis-server, RESP2") {
  compare_lists(2, 1, 2, 3);
}

TEST_CASE("random commands about lists get the same replies as from redis-server, RESP3") {
  compare_lists(3, 4, 5);
}

}  // namespace slotway::backend
