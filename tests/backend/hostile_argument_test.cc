// Arguments out of any bounds get Redis's errors, and nothing is read out of range. Random ones are
// in tests/differential; these are those that are known to have hurt.
#include <doctest/doctest.h>

#include <string>

#include "backend/commands/bindings.h"
#include "tests/backend/server_pair.h"
#include "wire/command_table.h"
#include "wire/slot.h"

namespace slotway::backend {

namespace {

using namespace std::string_literals;

constexpr const char* kMost = "9223372036854775807";
constexpr const char* kLeast = "-9223372036854775808";
constexpr const char* kTooLarge = "9223372036854775808";  // 2^63

// Where the count of keys stands; 0: nowhere.
size_t count_position(const wire::CommandSpec& spec) {
  for (const wire::KeySpec& keys : spec.keys) {
    if (keys.find != wire::KeySpec::Find::kKeyNum) continue;
    return static_cast<size_t>(keys.index + keys.keynum_index);
  }
  return 0;
}

// With every kind of end that a command with a count has: some is right for it.
void add_with_count(const wire::Command& command, const std::string& count,
                    std::vector<Command>& commands) {
  for (const Command& end : std::vector<Command>{{},
                                                 {"a"},
                                                 {"a", "b"},
                                                 {"a", "b", "LEFT"},
                                                 {"a", "b", "MIN"},
                                                 {"a", "b", "c", "MAX", "COUNT", "2"},
                                                 {"a", "b", "LIMIT", "1"},
                                                 {"a", "b", "WEIGHTS", "1", "2"}}) {
    Command line = {command.full_name};
    // A timeout, or the key that takes the result.
    while (line.size() < count_position(*command.spec)) line.emplace_back("0.01");
    line.push_back(count);
    line.insert(line.end(), end.begin(), end.end());
    commands.push_back(std::move(line));
  }
}

}  // namespace

TEST_CASE("counts of keys that are wrong are Redis's errors, for every command that has one") {
  ServerPair pair(2);
  size_t found = 0;
  for (const wire::Command& command : wire::all_commands()) {
    if (!is_supported(command) || count_position(*command.spec) == 0) continue;
    ++found;
    std::vector<Command> commands = {{"SADD", "a", "x", "y"}, {"SADD", "b", "y"}};
    const std::string theme(wire::group_name(command.spec->group));
    if (theme == "list") commands = {{"RPUSH", "a", "x", "y"}, {"RPUSH", "b", "y"}};
    commands.insert(commands.begin(), {"FLUSHALL"});
    for (const char* const count : {"-1",
                                    "0",
                                    "1",
                                    "2",
                                    "3",
                                    "4",
                                    "5",
                                    "2147483647",
                                    "2147483648",
                                    "-2147483648",
                                    "4294967297",
                                    "many",
                                    "",
                                    "1.0",
                                    "1 ",
                                    "01",
                                    "+1",
                                    kMost,
                                    kLeast,
                                    kTooLarge,
                                    "18446744073709551617"}) {
      add_with_count(command, count, commands);
    }
    pair.compare(commands);
  }
  CHECK(found >= 12);
}

TEST_CASE("keys of any bytes are keys, in the slot that they say") {
  ServerPair pair(2);
  RunningServer server;
  tests::RespClient client = server.client();
  for (const std::string& key : {""s, "{}"s, "{"s, "}"s, "{}{a}"s, "a{b}c{d}"s, "{{a}}"s, "a\0b"s,
                                 "\0"s, "\r\n"s, "{\r\n}x"s, "$5\r\nhello"s, "\xff\xfe"s, "*"s,
                                 std::string(1 << 20, 'k'), "{tag}" + std::string(1 << 20, 'x')}) {
    CHECK(client.call({"CLUSTER", "KEYSLOT", key}).integer() == wire::slot_of_key(key));
    client.call({"SET", key, "x"});
    const std::string slot = std::to_string(wire::slot_of_key(key));
    CHECK(client.call({"CLUSTER", "COUNTKEYSINSLOT", slot}).integer() == 1);
    CHECK(client.call({"CLUSTER", "GETKEYSINSLOT", slot, "9"}).items.at(0).text == key);
    client.call({"FLUSHALL"});
    pair.compare({{"SET", key, key},
                  {"GET", key},
                  {"MGET", key, "other", key},
                  {"KEYS", "*"},
                  {"SCAN", "0", "COUNT", "1000"},
                  {"RANDOMKEY"},
                  {"COPY", key, key + "2"},
                  {"RENAME", key, key + "3"},
                  {"EXISTS", key, key + "2", key + "3"},
                  {"EXPIREAT", key + "2", "4102444800"},
                  {"EXPIRETIME", key + "2"},
                  {"DEL", key + "2", key + "3"},
                  {"RPUSH", key, key, ""},
                  {"LRANGE", key, "0", "-1"},
                  {"LMOVE", key, key, "LEFT", "RIGHT"},
                  {"SORT", key, "ALPHA", "STORE", key},
                  {"UNLINK", key},
                  {"HSET", key, key, key, "", ""},
                  {"HGET", key, key},
                  {"HGET", key, ""},
                  {"UNLINK", key},
                  {"SADD", key, key, "", "1"},
                  {"SISMEMBER", key, key},
                  {"UNLINK", key},
                  {"ZADD", key, "1", key, "0", ""},
                  {"ZRANGE", key, "0", "-1", "WITHSCORES"},
                  {"ZUNIONSTORE", key, "2", key, key},
                  {"DBSIZE"},
                  {"FLUSHALL"}});
  }
}

TEST_CASE("patterns made to be slow are matched in bounded time, wherever one may stand") {
  RunningServer server;
  tests::RespClient client = server.client();
  const std::string text(2000, 'a');
  for (int i = 0; i < 100; ++i) {
    const std::string name = text + std::to_string(i);
    client.call({"SET", name, "x"});
    client.call({"SADD", "sset", name});
    client.call({"HSET", "hash", name, "x"});
    client.call({"ZADD", "zset", "1", name});
  }
  std::string stars;
  for (int i = 0; i < 500; ++i) stars += "a*";
  std::string questions;
  for (int i = 0; i < 500; ++i) questions += "*?";
  std::string classes;
  for (int i = 0; i < 500; ++i) classes += "*[^b]";
  const auto begin = tests::Clock::now();
  for (const std::string& pattern :
       {stars + "b", questions + "b", classes + "b", std::string(100'000, '*') + "b",
        std::string(100'000, '['), std::string(100'000, '\\'), "[" + std::string(100'000, '^')}) {
    CHECK(client.call({"KEYS", pattern}).items.empty());
    for (const Command& scan :
         std::vector<Command>{{"SSCAN", "sset"}, {"HSCAN", "hash"}, {"ZSCAN", "zset"}}) {
      const tests::RespValue found =
          client.call({scan[0], scan[1], "0", "COUNT", "1000", "MATCH", pattern});
      CHECK(found.items.at(1).items.empty());
    }
    CHECK(client.call({"SCAN", "0", "COUNT", "1000", "MATCH", pattern}).items.at(1).items.empty());
    CHECK(client.call({"PUBSUB", "CHANNELS", pattern}).items.empty());
    CHECK(client.call({"CONFIG", "GET", pattern}).items.empty());
  }
  CHECK(tests::Clock::now() - begin < tests::patience(tests::milliseconds(4000)));
}

TEST_CASE("numbers at the ends of their range are Redis's errors, or what Redis makes of them") {
  for (const int version : {2, 3}) {
    ServerPair pair(version);
    std::vector<Command> commands = {
        {"SET", "s", "value"},
        {"SETRANGE", "s", "4294967296", "x"},
        {"SETRANGE", "s", "-1", "x"},
        {"SETRANGE", "s", kMost, "x"},
        {"SETRANGE", "s", "536870911", "xx"},
        {"SETBIT", "s", "4294967296", "1"},
        {"SETBIT", "s", kMost, "1"},
        {"GETBIT", "s", kTooLarge},
        {"BITFIELD", "b", "SET", "u8", kTooLarge, "1"},
        {"BITFIELD", "b", "SET", "u8", "#"s + kTooLarge, "1"},
        {"BITFIELD", "b", "SET", "u8", "#"s + kMost, "1"},
        {"BITFIELD", "b", "SET", "u8", "#576460752303423488", "1"},
        {"BITFIELD", "b", "SET", "i64", "0", kTooLarge},
        {"BITFIELD", "b", "SET", "i64", "0", kMost},
        {"BITFIELD", "b", "INCRBY", "i64", "0", "1"},
        {"BITFIELD", "b", "OVERFLOW", "SAT", "INCRBY", "i64", "0", kLeast},
        {"BITFIELD", "b", "OVERFLOW", "FAIL", "INCRBY", "i64", "0", kLeast},
        {"BITFIELD", "b", "GET", "u64", "0"},
        {"BITFIELD", "b", "GET", "u63", "4294967231"},
        {"BITFIELD_RO", "b", "GET", "i64", kTooLarge},
        {"GET", "b"},
        {"HSET", "h", "f", "1"},
        {"HINCRBYFLOAT", "h", "f", "nan"},
        {"HINCRBYFLOAT", "h", "f", "inf"},
        {"HINCRBYFLOAT", "h", "f", "-inf"},
        {"HINCRBYFLOAT", "h", "f", "1e5000"},
        {"HINCRBY", "h", "f", kMost},
        {"HINCRBY", "h", "f", kTooLarge},
        {"HGETALL", "h"},
        {"RPUSH", "l", "a", "b", "c"},
        {"LRANGE", "l", kLeast, kMost},
        {"LRANGE", "l", kLeast, kLeast},
        {"LRANGE", "l", kMost, kLeast},
        {"LRANGE", "l", "-9223372036854775809", "0"},
        {"LINDEX", "l", kLeast},
        {"LSET", "l", kLeast, "x"},
        {"LREM", "l", kLeast, "x"},
        {"LPOP", "l", kLeast},
        {"LTRIM", "l", kLeast, kMost},
        {"LLEN", "l"},
        {"ZADD", "z", "1", "a", "2", "b"},
        {"ZINCRBY", "z", "inf", "a"},
        {"ZINCRBY", "z", "-inf", "a"},
        {"ZRANGE", "z", kLeast, kMost},
        {"ZRANGE", "z", kMost, kLeast, "REV"},
        {"ZRANGEBYSCORE", "z", "-inf", "inf", "LIMIT", kLeast, kMost},
        {"ZRANGEBYSCORE", "z", "-inf", "inf", "LIMIT", kMost, kLeast},
        {"ZREMRANGEBYRANK", "z", kMost, kLeast},
        {"ZPOPMIN", "z", kLeast},
        {"ZRANDMEMBER", "z", kLeast},
        {"ZRANDMEMBER", "z", kLeast, "WITHSCORES"},
        {"SADD", "t", "a"},
        {"SRANDMEMBER", "t", kLeast},
        {"SPOP", "t", kLeast},
        {"SPOP", "t", kTooLarge},
        {"HRANDFIELD", "h", kLeast},
        {"HRANDFIELD", "h", kLeast, "WITHVALUES"},
        {"GETRANGE", "s", kLeast, kMost},
        {"GETRANGE", "s", kMost, kLeast},
        {"BITCOUNT", "s", kLeast, kMost},
        {"BITCOUNT", "s", kLeast, kMost, "BIT"},
        {"BITPOS", "s", "1", kLeast, kMost, "BIT"},
        {"LPOS", "l", "a", "COUNT", kLeast},
        {"LPOS", "l", "a", "MAXLEN", kMost},
        {"LCS", "s", "s", "MINMATCHLEN", kLeast, "IDX"},
        {"SORT", "l", "LIMIT", kLeast, kMost, "ALPHA"},
        {"SORT", "l", "LIMIT", kMost, kMost, "ALPHA"},
        {"SINTERCARD", "1", "t", "LIMIT", kLeast},
        {"SCAN", kTooLarge, "COUNT", "x"},
        {"SCAN", "0", "COUNT", kLeast},
        {"COPY", "s", "t", "DB", kMost},
        {"MOVE", "s", kLeast},
        {"SELECT", kMost},
        {"SWAPDB", "0", kTooLarge},
        {"GEOADD", "g", "1e400", "0", "x"},
        {"GEORADIUS", "g", "0", "0", "1e400", "m"},
        {"GEORADIUS", "g", "0", "0", "1", "m", "COUNT", kLeast},
        {"INCRBYFLOAT", "n", "1e5000"},
        {"SET", "n", kMost},
        {"INCR", "n"},
        {"DECRBY", "n", kLeast},
        {"INCRBYFLOAT", "n", "nan"},
        {"RESTORE", "r", kTooLarge, "x"},
        {"OBJECT", "FREQ", "s"},
        {"LATENCY", "HISTORY", "none"},
        {"SLOWLOG", "GET", kLeast},
    };
    for (const char* const name : {"EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT"}) {
      for (const char* const time : {kMost, kLeast, kTooLarge, "9223372036854775"}) {
        commands.push_back({name, "s", time});
        commands.push_back({"EXPIRETIME", "missing"});
        commands.push_back({"SET", "s", "value"});
      }
    }
    for (const char* const option : {"EX", "PX", "EXAT", "PXAT"}) {
      for (const char* const time : {kMost, kLeast, "0", "-1", "9223372036854776"}) {
        commands.push_back({"SET", "s", "v", option, time});
        commands.push_back({"GETEX", "s", option, time});
        commands.push_back({"SET", "s", "v"});
      }
    }
    pair.compare(commands);
  }
}

}  // namespace slotway::backend
