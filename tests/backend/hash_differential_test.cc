// The same random commands about hashes to a redis-server 7.0.15 and to the store.
#include <doctest/doctest.h>

#include <string>

#include "tests/backend/server_pair.h"

namespace slotway::backend {

namespace {

class HashCommands : Draw {
 public:
  explicit HashCommands(uint64_t seed) : Draw(seed) {}

  Command next() {
    switch (below(12)) {
      case 0:
      case 1:
        return pairs(any({"HSET", "HSET", "HMSET", "hset"}), 4);
      case 2:
        return pairs("HSET", 400);
      case 3:
        return {"HSETNX", key(), field(), value()};
      case 4:
        return {any({"HGET", "HSTRLEN", "HEXISTS", "HDEL"}), key(), field()};
      case 5:
        return fields(any({"HMGET", "HDEL", "HDEL"}), below(4) ? 5 : 300);
      case 6:
        return {any({"HGETALL", "HKEYS", "HVALS", "HLEN", "DEL"}), key()};
      case 7:
        return {"HINCRBY", key(), field(), number()};
      case 8:
        return {"HINCRBYFLOAT", key(), field(), number()};
      case 9:
        return random_fields();
      case 10:
        return scan();
      default:
        return other();
    }
  }

 private:
  std::string key() { return any({"a", "b", "c", "d"}); }
  std::string field() {
    switch (below(6)) {
      case 0:
        return any({"", "x", "01", "-0", "1.5", std::string("n\0l", 3), "9223372036854775807"});
      case 1:
        return std::string(60 + below(10), static_cast<char>('a' + below(3)));
      case 2:
        return std::to_string(static_cast<int64_t>(below(600)) - 100);
      default:
        return "field" + std::to_string(below(300));
    }
  }
  std::string value() {
    switch (below(6)) {
      case 0:
        return any({"", "x", " 1", "01", "-0", "3.5", "-1e3", "inf", "nan", "1.0e400", "0x10",
                    "9223372036854775807", "-9223372036854775808", "9223372036854775808"});
      case 1:
        return below(8) ? std::string(60 + below(5), 'v') : std::string(60 + below(80), 'v');
      case 2:
        return below(20) ? "w" : std::string(below(5000), 'v');
      default:
        return std::to_string(static_cast<int64_t>(below(100000)) - 50000);
    }
  }
  std::string number() {
    return any({"1", "-1", "100", "0", "9223372036854775807", "-9223372036854775808", "1.5", "-1e3",
                "x", "", " 1", "inf", "-inf", "nan", "1e4900", "0.1", "3.0e3"});
  }
  Command pairs(const std::string& name, uint64_t most) {
    Command command = {name, key()};
    for (uint64_t i = below(most); i > 0; --i) {
      command.push_back(field());
      command.push_back(below(3) ? std::to_string(below(1000)) : value());
    }
    if (below(20) == 0) command.push_back(field());
    return command;
  }
  Command fields(const std::string& name, uint64_t most) {
    Command command = {name, key()};
    for (uint64_t i = below(most); i > 0; --i) command.push_back(field());
    return command;
  }
  Command random_fields() {
    Command command = {
        "HRANDFIELD", key(),
        any({"0", "-5", "3", "x", "-9223372036854775808", "1000", "9223372036854775807", "-1"})};
    switch (below(4)) {
      case 0:
        command.push_back(any({"WITHVALUES", "withvalues", "WITHOUT"}));
        break;
      case 1:
        command.insert(command.end(), {"WITHVALUES", "MORE"});
        break;
      default:
        break;
    }
    return command;
  }
  Command scan() {
    if (below(3) == 0) {
      return {"HSCAN", key(), any({"x", "", "0"}), any({"COUNT", "TYPE"}), any({"0", "-1", "x"})};
    }
    Command command = {"HSCAN", key(), "0", "COUNT", "100000"};
    if (below(2)) command.insert(command.end(), {"MATCH", any({"*", "1*", "*a*", "f*[0-9]?"})});
    return command;
  }
  Command other() {
    switch (below(6)) {
      case 0:
        return {"CONFIG", "SET", "hash-max-listpack-entries", any({"512", "0", "1", "5", "200"})};
      case 1:
        return {"CONFIG", "SET", "hash-max-ziplist-value", any({"64", "64", "0", "5", "2000"})};
      case 2:
        return {"SET", key(), "string"};
      case 3:
        return {any({"COPY", "RENAME"}), key(), key()};
      case 4:
        return {"PEXPIREAT", key(), any({"4102444800123", "1"})};
      default:
        return {"OBJECT", "ENCODING", key()};
    }
  }
};

}  // namespace

TEST_CASE("random commands about hashes get the same replies as from redis-server") {
  compare_random<HashCommands>(2, 1, tests::kSanitized ? 60 : 300);
  compare_random<HashCommands>(3, 2, tests::kSanitized ? 60 : 300);
}

}  // namespace slotway::backend
