// The same random commands about sets to a redis-server 7.0.15 and to the store.
#include <doctest/doctest.h>

#include <string>

#include "tests/backend/server_pair.h"

namespace slotway::backend {

namespace {

class SetCommands : Draw {
 public:
  explicit SetCommands(uint64_t seed) : Draw(seed) {}

  Command next() {
    switch (below(14)) {
      case 0:
      case 1:
      case 2:
        return members(any({"SADD", "SADD", "SREM", "SMISMEMBER", "sadd"}), 6);
      case 3:
        return members(any({"SADD", "SREM"}), 300);
      case 4:
        return members(any({"SISMEMBER", "SCARD", "SMEMBERS", "SADD"}), 2);
      case 5:
        return {any({"SCARD", "SMEMBERS", "TYPE", "DEL"}), key()};
      case 6:
        return {"SMOVE", key(), key(), member()};
      case 7:
        return keys({any({"SINTER", "SUNION", "SDIFF"})});
      case 8:
      case 9:
        return keys({any({"SINTERSTORE", "SUNIONSTORE", "SDIFFSTORE"}), key()});
      case 10:
        return card();
      case 11:
        return random_members();
      case 12:
        return scan();
      default:
        return other();
    }
  }

 private:
  std::string key() { return any({"a", "b", "c", "d{x}", "e{x}"}); }
  std::string member() {
    switch (below(9)) {
      case 0:
        return any({"", "x", " 1", "01", "-0", "1.5", "9223372036854775807", "-9223372036854775808",
                    "9223372036854775808", std::string("n\0l", 3), "32768", "-32769",
                    "2147483648"});
      case 1:
        return std::string(60 + below(10), static_cast<char>('a' + below(3)));
      case 2:
        return std::string(120 + below(12), static_cast<char>('a' + below(3)));
      case 3:
        return "member" + std::to_string(below(300));
      default:
        return std::to_string(static_cast<int64_t>(below(600)) - 100);
    }
  }
  Command members(const std::string& name, uint64_t most) {
    Command command = {name, key()};
    // Now and then whole numbers alone.
    const bool numbers = below(2) == 0;
    for (uint64_t i = below(most); i > 0; --i) {
      command.push_back(numbers ? std::to_string(below(600)) : member());
    }
    return command;
  }
  Command keys(Command command) {
    for (uint64_t i = below(5); i > 0; --i) command.push_back(key());
    return command;
  }
  Command card() {
    Command command = keys({"SINTERCARD", any({"1", "2", "2", "3", "0", "-1", "x", "99",
                                               "9223372036854775807", "-9223372036854775808"})});
    if (below(2)) command.insert(command.end(), {"LIMIT", any({"0", "1", "5", "-1", "x", "1000"})});
    if (below(8) == 0) command.push_back("LIMIT");
    return command;
  }
  Command random_members() {
    switch (below(4)) {
      case 0:
        return {"SRANDMEMBER", key(),
                any({"0", "-5", "3", "x", "-9223372036854775808", "1000", "9223372036854775807",
                     "-1"})};
      case 1:
        return {"SRANDMEMBER", key(), "1000"};
      case 2:
        return {"SPOP", key(), any({"0", "-5", "x", "1000", "1000", "9223372036854775807"})};
      default:
        return {any({"SPOP", "SRANDMEMBER"}), key(), "1", "2"};
    }
  }
  Command scan() {
    if (below(3) == 0) {
      return {"SSCAN", key(), any({"x", "", "0"}), any({"COUNT", "TYPE"}), any({"0", "-1", "x"})};
    }
    Command command = {"SSCAN", key(), "0", "COUNT", "100000"};
    if (below(2)) command.insert(command.end(), {"MATCH", any({"*", "1*", "*a*", "[0-9]?"})});
    return command;
  }
  Command other() {
    switch (below(5)) {
      case 0:
        return {"CONFIG", "SET", "set-max-intset-entries", any({"512", "0", "1", "5", "200"})};
      case 1:
        return {"SET", key(), "string"};
      case 2:
        return {any({"COPY", "RENAME"}), key(), key()};
      case 3:
        return {"PEXPIREAT", key(), any({"4102444800123", "1"})};
      default:
        return {"OBJECT", "ENCODING", key()};
    }
  }
};

}  // namespace

TEST_CASE("random commands about sets get the same replies as from redis-server") {
  compare_random<SetCommands>(2, 1, tests::kSanitized ? 60 : 300);
  compare_random<SetCommands>(3, 2, tests::kSanitized ? 60 : 300);
}

}  // namespace slotway::backend
