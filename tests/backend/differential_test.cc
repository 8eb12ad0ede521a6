// The same random commands about strings and keys to a redis-server 7.0.15 and to the store.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/backend/server_pair.h"

namespace slotway::backend {

namespace {

// Draws commands over few keys, so that they meet each other's values.
class CommandSource : Draw {
 public:
  explicit CommandSource(uint64_t seed) : Draw(seed) {}

  Command next() {
    switch (below(12)) {
      case 0:
      case 1:
        return set();
      case 2:
        return {any({"GET", "STRLEN", "GETDEL", "TYPE", "INCR", "DECR", "TTL", "PERSIST",
                     "EXPIRETIME", "get", "Exists"}),
                key()};
      case 3:
        return {any({"APPEND", "SETNX", "GETSET", "INCRBY", "DECRBY", "INCRBYFLOAT"}), key(),
                value()};
      case 4:
        return many(any({"MGET", "DEL", "UNLINK", "EXISTS", "TOUCH"}));
      case 5:
        return pairs(any({"MSET", "MSETNX"}));
      case 6:
        return range();
      case 7:
        return expire();
      case 8:
        return getex();
      case 9:
        return two_keys();
      case 10:
        return {any({"SETEX", "PSETEX"}), key(), any({"1000000", "0", "-1", "x", huge()}), value()};
      default:
        return odd();
    }
  }

 private:
  static std::string huge() { return "9223372036854775807"; }

  std::string key() { return any({"a", "b", "c", "d{x}", "e{x}", "", std::string("n\0l", 3)}); }
  std::string value() {
    switch (below(8)) {
      case 0:
        return std::to_string(static_cast<int64_t>(below(UINT64_MAX)));
      case 1:
        return std::to_string(below(100));
      case 2:
        return any({"", "x", " 1", "01", "-0", "3.5", "-1e3", "inf", "nan", "1.0e400", "0x10",
                    huge(), "-9223372036854775808", "9223372036854775808"});
      case 3:
        return std::string(below(100), static_cast<char>('a' + below(26)));
      case 4:
        return std::string(4000 + below(300), 'L');
      case 5:
        return std::string(below(40000), 'H');
      default:
        return "value" + std::to_string(below(10));
    }
  }
  std::string offset() {
    return any({"0", "1", "3", "-1", "-3", "10", "100", "-100", "5000", "x", huge(),
                "-9223372036854775808", "4294967296"});
  }
  // Either so far away or so long gone that the two servers cannot differ.
  std::string seconds() {
    return any({"100000", "5000000", "0", "-1", "-100000", "x", "1.5", huge(),
                "-9223372036854775808", "9223372036854775"});
  }
  std::string moment() { return any({"4102444800", "1", "0", "-5", "x", huge(), "4102444800123"}); }

  Command set() {
    Command command = {"SET", key(), value()};
    for (uint64_t i = below(4); i > 0; --i) {
      switch (below(4)) {
        case 0:
          command.push_back(any({"NX", "XX", "GET", "KEEPTTL", "nx", "BAD"}));
          break;
        case 1:
          command.insert(command.end(), {any({"EXAT", "PXAT"}), moment()});
          break;
        case 2:
          command.insert(command.end(), {any({"EX", "PX", "px"}), seconds()});
          break;
        default:
          command.push_back(any({"EX", "GET", "XX"}));
      }
    }
    return command;
  }

  Command many(const std::string& name) {
    Command command = {name};
    for (uint64_t i = below(5); i > 0; --i) command.push_back(key());
    return command;
  }

  Command pairs(const std::string& name) {
    Command command = many(name);
    if (below(8) > 0 && command.size() % 2 == 0) command.push_back(value());
    return command;
  }

  Command range() {
    if (below(3) == 0)
      return {"SETRANGE", key(),
              any({"0", "1", "10", "5000", "-1", "536870912", "4294967296", "x", huge()}),
              below(3) ? value().substr(0, 50) : ""};
    return {any({"GETRANGE", "SUBSTR"}), key(), offset(), offset()};
  }

  Command expire() {
    Command command = {any({"EXPIRE", "PEXPIRE"}), key(), seconds()};
    if (below(2)) command = {any({"EXPIREAT", "PEXPIREAT"}), key(), moment()};
    for (uint64_t i = below(3); i > 0; --i) {
      command.push_back(any({"NX", "XX", "GT", "LT", "gt", "WRONG"}));
    }
    return command;
  }

  Command getex() {
    Command command = {"GETEX", key()};
    for (uint64_t i = below(3); i > 0; --i) {
      switch (below(3)) {
        case 0:
          command.push_back(any({"PERSIST", "KEEPTTL", "NX", "EX"}));
          break;
        case 1:
          command.insert(command.end(), {any({"EXAT", "PXAT"}), moment()});
          break;
        default:
          command.insert(command.end(), {any({"EX", "PX"}), seconds()});
      }
    }
    return command;
  }

  Command two_keys() {
    switch (below(5)) {
      case 0:
        return {any({"RENAME", "RENAMENX"}), key(), key()};
      case 1: {
        Command command = {"COPY", key(), key()};
        if (below(2)) command.push_back("REPLACE");
        if (below(2)) command.insert(command.end(), {"DB", any({"0", "1", "16", "-1", "x"})});
        return command;
      }
      case 2:
        return {"MOVE", key(), any({"0", "1", "2", "16", "-1", "x", "99999999999"})};
      case 3: {
        Command command = {"LCS", key(), key()};
        for (uint64_t i = below(3); i > 0; --i) {
          const std::string option = any({"LEN", "IDX", "WITHMATCHLEN", "MINMATCHLEN", "BAD"});
          command.push_back(option);
          if (option == "MINMATCHLEN") command.push_back(any({"2", "-1", "x"}));
        }
        return command;
      }
      default:
        return {"SWAPDB", any({"0", "1", "x", "77"}), any({"0", "1", "2", "y"})};
    }
  }

  Command odd() {
    switch (below(10)) {
      case 0:
        return {"SELECT", any({"0", "0", "0", "1", "16", "-1", "x", "99999999999"})};
      case 1:
        return {"RANDOMKEY", "none"};  // DBSIZE counts what has expired and is still there
      case 2:
        return {"OBJECT", any({"ENCODING", "FREQ", "encoding", "NOPE"}), key()};
      case 3:
        return {any({"PING", "ECHO"}), value()};
      case 4:
        return {any({"NOSUCHCOMMAND", "getx", std::string(200, 'q')}), value().substr(0, 300),
                std::string("with\r\nline")};
      case 5:
        return many(any({"GET", "SET", "INCR", "EXPIRE", "RENAME", "SCAN", "KEYS", "OBJECT",
                         "CONFIG", "PERSIST"}));
      case 6:
        return {any({"FLUSHDB", "FLUSHALL"}), any({"SYNC", "ASYNC", "NOW", "LATER"})};
      case 7:
        return {"SCAN", any({"x", "", " 0", "1x"}), any({"COUNT", "MATCH"}), any({"0", "-1", "x"})};
      case 8:
        return {"SCAN", "0", "COUNT", any({"0", "-1", "x", "1 "})};
      default:
        return {"CLIENT", any({"GETNAME", "NOPE", "SETNAME", "REPLY", "KILL"}),
                any({"bad name", "MAYBE"})};
    }
  }
};

}  // namespace

TEST_CASE("random commands get the same replies as from redis-server, RESP2") {
  for (const uint64_t seed : {1, 2, 3})
    compare_random<CommandSource>(2, seed, tests::kSanitized ? 60 : 250);
}

TEST_CASE("random commands get the same replies as from redis-server, RESP3") {
  for (const uint64_t seed : {4, 5})
    compare_random<CommandSource>(3, seed, tests::kSanitized ? 60 : 250);
}

TEST_CASE("chosen commands get the same replies as from redis-server") {
  ServerPair pair(2);
  const std::string text(5000, 'x');
  pair.compare({
      {"LCS", "a", "b"},
      {"MSET", "a", "ohmytext", "b", "mynewtext"},
      {"LCS", "a", "b"},
      {"LCS", "a", "b", "LEN"},
      {"LCS", "a", "b", "IDX"},
      {"LCS", "a", "b", "IDX", "MINMATCHLEN", "4"},
      {"LCS", "a", "b", "IDX", "MINMATCHLEN", "4", "WITHMATCHLEN"},
      {"LCS", "a", "b", "IDX", "LEN"},
      {"SET", "f", "3.0e3"},
      {"INCRBYFLOAT", "f", "200"},
      {"INCRBYFLOAT", "f", "1e-20"},
      {"INCRBYFLOAT", "f", "-3200"},
      {"INCRBYFLOAT", "f", "-0"},
      {"INCRBYFLOAT", "f", "1e4932"},
      {"INCRBYFLOAT", "f", "1e4932"},
      {"OBJECT", "ENCODING", "f"},
      {"SET", "i", "9223372036854775806"},
      {"INCR", "i"},
      {"INCR", "i"},
      {"SET", "i", "-9223372036854775807"},
      {"DECR", "i"},
      {"DECR", "i"},
      {"DECRBY", "i", "-9223372036854775808"},
      {"SETRANGE", "r", "5", "abc"},
      {"GET", "r"},
      {"OBJECT", "ENCODING", "r"},
      {"SETRANGE", "r", "536870911", "a"},
      {"SETRANGE", "r", "536870912", "a"},
      {"SETRANGE", "none", "0", ""},
      {"APPEND", "p", "12"},
      {"OBJECT", "ENCODING", "p"},
      {"APPEND", "p", "3"},
      {"OBJECT", "ENCODING", "p"},
      {"INCR", "p"},
      {"OBJECT", "ENCODING", "p"},
      {"APPEND", "p", text},
      {"APPEND", "p", text},
      {"SETRANGE", "p", "9000", "yy"},
      {"GET", "p"},
      {"COPY", "p", "q"},
      {"APPEND", "q", "tail"},
      {"STRLEN", "p"},
      {"SET", "t", "v", "EXAT", "4102444800"},
      {"EXPIRETIME", "t"},
      {"PEXPIRETIME", "t"},
      {"APPEND", "t", "more"},
      {"EXPIRETIME", "t"},
      {"RENAME", "t", "u"},
      {"EXPIRETIME", "u"},
      {"SET", "u", "w", "KEEPTTL"},
      {"EXPIRETIME", "u"},
      {"COPY", "u", "z", "DB", "3"},
      {"MOVE", "u", "4"},
      {"SELECT", "4"},
      {"EXPIRETIME", "u"},
      {"GETSET", "u", "x"},
      {"TTL", "u"},
      {"PERSIST", "u"},
      {"SELECT", "3"},
      {"PEXPIRETIME", "z"},
      {"FLUSHALL"},
      {"DBSIZE"},
      {"AUTH", "x"},
      {"AUTH", "default", "x"},
      {"AUTH", "nobody", "x"},
      {"AUTH", "a", "b", "c"},
      {"HELLO", "4"},
      {"HELLO", "x"},
      {"HELLO", "2", "NOPE"},
      {"HELLO", "2", "SETNAME", "a b"},
      {"CLIENT", "SETNAME", "me"},
      {"CLIENT", "GETNAME"},
      {"CLIENT", "NO-EVICT", "on"},
      {"CLIENT", "KILL", "ID", "0"},
      {"CLIENT", "KILL", "1.2.3.4:5"},
      {"CLIENT", "KILL", "TYPE", "x"},
      {"CLIENT", "LIST", "TYPE", "x"},
      {"CLIENT", "PAUSE", "x"},
      {"CLIENT", "PAUSE", "-1"},
      {"CLIENT", "PAUSE", "0", "NEVER"},
      {"CONFIG", "SET", "nope", "1"},
      {"CONFIG", "SET", "maxclients"},
      {"CONFIG", "SET", "databases", "1"},
      {"CONFIG", "SET", "timeout", "x"},
      {"CONFIG", "SET", "timeout", "-1"},
      {"CONFIG", "SET", "loglevel", "loud"},
      {"CONFIG", "SET", "timeout", "5", "timeout", "6"},
      {"CONFIG", "SET", "proto-max-bulk-len", "1x"},
      {"CONFIG", "GET", "save"},
      {"CONFIG", "GET", "appendonly"},
      {"CONFIG", "GET", "TIMEOUT"},
      {"CONFIG", "GET", "proto-max-bulk-len"},
      {"CONFIG", "RESETSTAT"},
      {"CONFIG", "NOPE", "x"},
      {"DEBUG", "SLEEP", "0"},
      {"MEMORY", "USAGE", "none"},
      {"MEMORY", "USAGE", "none", "SAMPLES", "-1"},
      {"RESET"},
  });
}

TEST_CASE("a smaller limit for strings is the same limit") {
  ServerPair pair(2);
  const std::string half(512 << 10, 'x');
  pair.compare({{"CONFIG", "SET", "proto-max-bulk-len", "1mb"},
                {"CONFIG", "GET", "proto-max-bulk-len"},
                {"SET", "s", half},
                {"APPEND", "s", half},
                {"APPEND", "s", "y"},
                {"SETRANGE", "s", "1048575", "y"},
                {"SETRANGE", "s", "1048576", "y"},
                {"STRLEN", "s"},
                {"LCS", "s", "s"}});
}

}  // namespace slotway::backend
