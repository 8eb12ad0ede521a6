// Whole requests with arguments out of bounds.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "tests/e2e/conversation.h"
#include "tests/e2e/servers.h"

namespace slotway::tests {

namespace {

using namespace std::string_literals;
// Fewer where a sanitizer makes each of them dear.
constexpr size_t kManyKeys = kSanitized ? 100'000 : 1'000'000;

std::string many_keys(const std::string& name) {
  std::string bytes = "*" + std::to_string(1 + kManyKeys) + "\r\n$" + std::to_string(name.size()) +
                      "\r\n" + name + "\r\n";
  for (size_t i = 0; i < kManyKeys; ++i) {
    const std::string key = "k" + std::to_string(i);
    bytes += "$" + std::to_string(key.size()) + "\r\n" + key + "\r\n";
  }
  return bytes;
}

// The largest key that the default limits allow; less with a sanitizer, which multiplies the
// memory.
constexpr size_t kLargestKey = (kSanitized ? 16u : 512u) << 20;

// Sends a command with a key of that size that ends in `last`, and `rest` behind it, in pieces: the
// whole of it is not to stand in memory here too.
void send_large(RespClient& client, const std::string& name, size_t key_size, char last,
                const Command& rest = {}) {
  const std::string piece(1 << 20, 'k');
  client.send("*" + std::to_string(2 + rest.size()) + "\r\n$" + std::to_string(name.size()) +
              "\r\n" + name + "\r\n$" + std::to_string(key_size) + "\r\n");
  size_t left = key_size - 1;
  while (left > 0) {
    const size_t size = std::min(left, piece.size());
    client.send(std::string_view(piece).substr(0, size));
    left -= size;
  }
  std::string end = std::string(1, last) + "\r\n";
  for (const std::string& argument : rest) {
    end += "$" + std::to_string(argument.size()) + "\r\n" + argument + "\r\n";
  }
  client.send(end);
}

}  // namespace

TEST_CASE_TEMPLATE("a count of keys that is wrong is an error", Server, EVERY_SERVER) {
  Server server;
  Bystander bystander(server.port());
  RespClient client(server.port());
  for (const char* count : {"-1", "2147483648", "9223372036854775807", "3", "many", "", "1.0",
                            "-9223372036854775808", "18446744073709551616"}) {
    for (const Command& command : std::vector<Command>{{"EVAL", "return 1", count, "a"},
                                                       {"EVALSHA", "0", count, "a"},
                                                       {"SINTERCARD", count, "a"},
                                                       {"ZUNION", count, "a"},
                                                       {"ZUNIONSTORE", "a", count, "a"},
                                                       {"ZINTERCARD", count, "a"},
                                                       {"LMPOP", count, "a", "LEFT"},
                                                       {"ZMPOP", count, "a", "MIN"}}) {
      CAPTURE(command.front());
      CAPTURE(count);
      CHECK(client.call(command).is_error());
    }
  }
  CHECK(client.call({"SINTERCARD", "0", "a"}).is_error());
  CHECK(client.call({"ZUNIONSTORE", "a", "0", "a"}).is_error());
  CHECK(bystander.is_served());
}

TEST_CASE("what is wrong with a count of keys the shard says") {
  const RedisServer redis;
  Served<RedisShards> served;
  RespClient wanted(redis.port());
  RespClient client = served.proxy.client();
  for (const char* count : {"0", "-1", "5", "many", "2147483648"}) {
    check_same(client, wanted,
               {{"SINTERCARD", count, "a", "b"},
                {"ZUNION", count, "a", "b"},
                {"ZUNIONSTORE", "a", count, "b", "c"},
                {"LMPOP", count, "a", "b", "LEFT"},
                {"BZMPOP", "0", count, "a", "b", "MIN"},
                {"MULTI"},
                {"ZINTERCARD", count, "a", "b"},
                {"EXEC"}});
  }
  check_same(client, wanted,
             {{"XREAD", "COUNT", "1", "STREAMS", "s"}, {"XREAD", "BLOCK", "0", "NO", "s", "0"}});
}

TEST_CASE("odd keys go to the shard that their slot says") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  std::array<size_t, kShards> used{};
  for (const std::string& key : {""s, "{}"s, "{"s, "}"s, "{}{a}"s, "a{b}c{d}"s, "{{a}}"s, "a\0b"s,
                                 "\r\n"s, "{\r\n}x"s, "$5\r\nhello"s, "\xff\xfe"s,
                                 std::string(1 << 20, 'k'), "{tag}" + std::string(1 << 20, 'x')}) {
    CAPTURE(key.substr(0, 20));
    CAPTURE(key.size());
    CHECK(client.call({"CLUSTER", "KEYSLOT", key}).integer() == wire::slot_of_key(key));
    CHECK(client.call({"SET", key, key}).text == "OK");
    CHECK(client.call({"MGET", "other", key}).items.at(1).text == key);
    for (size_t i = 0; i < kShards; ++i) {
      RespClient direct(served.shards.servers[i].port());
      CHECK((direct.call({"GET", key}).text == key) == (shard_of(key) == i));
    }
    ++used[shard_of(key)];
  }
  for (const size_t count : used) CHECK(count > 0);
}

TEST_CASE("the largest key that is allowed is one like any other") {
  // Each of these commands takes seconds, most of them in the kernel for fresh pages.
  Served<StoreShards> served({"timeouts: { request: 60s, stall: 60s }"});
  Bystander bystander(served.proxy.port());
  REQUIRE(bystander.is_served());
  const size_t before = served.proxy.process().rss_bytes();
  RespClient client = served.proxy.client();
  client.set_limit(3 * kLong);
  send_large(client, "SET", kLargestKey, 'a', {"value"});
  CHECK(client.receive().text == "OK");
  send_large(client, "GET", kLargestKey, 'a');
  CHECK(client.receive().text == "value");
  CHECK(client.call({"DBSIZE"}).integer() == 2);
  CHECK(bystander.is_served());
  // What the allocator keeps for the next is at most one such key, however many there were.
  if (!kSanitized) {
    CHECK(served.proxy.process().rss_bytes() < before + kLargestKey + (64u << 20));
  }
  // One byte above the limit is refused by the declared length.
  client.send("*2\r\n$3\r\nGET\r\n$" + std::to_string((512u << 20) + 1) + "\r\n");
  CHECK(client.receive_until_end() == "-ERR Protocol error: invalid bulk length\r\n");
  CHECK(bystander.is_served());
}

TEST_CASE("hash tags have the slots of Redis Cluster") {
  CHECK(wire::slot_of_key("a{b}c{d}") == wire::slot_of_key("b"));
  CHECK(wire::slot_of_key("{}{a}") != wire::slot_of_key("a"));
  CHECK(wire::slot_of_key("{{a}}") == wire::slot_of_key("{a"));
}

TEST_CASE_TEMPLATE("a million keys in one command", Server, EVERY_SERVER) {
  Server server;
  Bystander bystander(server.port());
  RespClient client(server.port());
  client.call({"MSET", "k0", "first", "k" + std::to_string(kManyKeys - 1), "last"});
  client.send(many_keys("MGET"));
  client.set_limit(2 * kLong);
  const std::string reply = client.receive_raw();
  CHECK(reply.starts_with("*" + std::to_string(kManyKeys) + "\r\n$5\r\nfirst\r\n$-1\r\n"));
  CHECK(reply.ends_with("\r\n$-1\r\n$4\r\nlast\r\n"));
  client.send(many_keys("DEL"));
  CHECK(client.receive().integer() == 2);
  CHECK(bystander.is_served());
}

TEST_CASE_TEMPLATE("a name that is no name is quoted clean and short", Server, EVERY_SERVER) {
  Server server;
  Bystander bystander(server.port());
  RespClient client(server.port());
  for (const std::string& name : {std::string(1 << 20, 'x'), "GET\r\nSET"s, "GET\0"s, "\r\n"s, ""s,
                                  "+OK\r\n"s, "\x01\x02"s}) {
    const std::string reply = client.exchange(encode_request({name, "arg\r\n+OK"}), 1).front();
    CAPTURE(reply);
    CHECK(reply.starts_with("-ERR unknown command"));
    CHECK(reply.size() < 400);
    CHECK(reply.find_first_of("\r\n") == reply.size() - 2);
    CHECK(reply.find('\0') == std::string::npos);
    CHECK(client.call({"PING"}).text == "PONG");
  }
  const std::string reply = client.exchange(encode_request({"CLIENT", "x\r\n+OK"}), 1).front();
  CHECK(reply.find_first_of("\r\n") == reply.size() - 2);
  CHECK(bystander.is_served());
}

TEST_CASE_TEMPLATE("patterns made to be slow are matched in bounded time", Server, EVERY_SERVER) {
  Server server;
  RespClient client(server.port());
  client.call({"SET", std::string(2000, 'a'), "x"});
  const auto begin = Clock::now();
  std::string stars;
  for (int i = 0; i < 50; ++i) stars += "a*";
  CHECK(client.call({"KEYS", stars + "b"}).to_string() == "*0[]");
  for (const char* pattern : {"[[[[", "[", "\\", "[^", "[a-", "***************", "[]]"}) {
    CAPTURE(pattern);
    CHECK(client.call({"KEYS", pattern}).type == '*');
    CHECK(client.call({"SCAN", "0", "MATCH", pattern}).items.size() == 2);
  }
  CHECK(Clock::now() - begin < patience(milliseconds(2000)));
}

TEST_CASE_TEMPLATE("numbers that overflow are Redis's errors", Server, EVERY_SERVER) {
  Server server;
  RespClient client(server.port());
  CHECK(client.call({"SET", "key", "value"}).text == "OK");
  CHECK(client.call({"SETRANGE", "key", "4294967296", "x"}).text.starts_with("ERR string exceeds"));
  CHECK(client.call({"SETRANGE", "key", "-1", "x"}).text == "ERR offset is out of range");
  CHECK(client.call({"EXPIRE", "key", "9223372036854775807"}).text ==
        "ERR invalid expire time in 'expire' command");
  CHECK(client.call({"PEXPIRE", "key", "9223372036854775807"}).text ==
        "ERR invalid expire time in 'pexpire' command");
  CHECK(client.call({"SET", "key", "v", "EX", "9223372036854775807"}).text ==
        "ERR invalid expire time in 'set' command");
  CHECK(client.call({"SET", "n", "9223372036854775807"}).text == "OK");
  CHECK(client.call({"INCR", "n"}).text == "ERR increment or decrement would overflow");
  CHECK(client.call({"DECRBY", "n", "-9223372036854775808"}).is_error());
  CHECK(client.call({"INCRBYFLOAT", "n", "nan"}).is_error());
  CHECK(client.call({"GETRANGE", "key", "-9223372036854775808", "9223372036854775807"}).text ==
        "value");
  CHECK(client.call({"TTL", "key"}).integer() == -1);
}

TEST_CASE("numbers that overflow in types of the shards alone get the shards' own replies") {
  Served<RedisShards> served;
  RedisServer plain;
  RespClient client = served.proxy.client();
  RespClient direct(plain.port());
  const std::string most = "9223372036854775807";
  const std::string least = "-9223372036854775808";
  const std::string too_large = "9223372036854775808";  // 2^63
  const std::vector<Command> commands = {
      {"RPUSH", "list", "a", "b", "c"},
      {"LRANGE", "list", least, most},
      {"LRANGE", "list", least, least},
      {"LRANGE", "list", most, least},
      {"LRANGE", "list", "-9223372036854775809", "0"},
      {"LRANGE", "list", "0", too_large},
      {"BITFIELD", "bits", "SET", "u8", too_large, "1"},
      {"BITFIELD", "bits", "SET", "u8", "#" + too_large, "1"},
      {"BITFIELD", "bits", "SET", "u8", "#" + most, "1"},
      {"BITFIELD", "bits", "SET", "i64", "0", too_large},
      {"BITFIELD", "bits", "SET", "i64", "0", most},
      {"BITFIELD", "bits", "INCRBY", "i64", "0", "1"},
      {"BITFIELD", "bits", "OVERFLOW", "FAIL", "INCRBY", "i64", "0", least},
      {"BITFIELD", "bits", "GET", "u64", "0"},
      {"BITFIELD", "bits", "GET", "u8", least},
      {"BITFIELD_RO", "bits", "GET", "i64", too_large},
      {"HSET", "hash", "field", "1"},
      {"HINCRBYFLOAT", "hash", "field", "nan"},
      {"HINCRBYFLOAT", "hash", "field", "inf"},
      {"HINCRBYFLOAT", "hash", "field", "-inf"},
      {"HINCRBYFLOAT", "hash", "field", "1e5000"},
      {"HINCRBY", "hash", "field", most},
      {"HINCRBY", "hash", "field", too_large},
      {"HGETALL", "hash"},
      {"GET", "bits"},
  };
  size_t errors = 0;
  for (const Command& command : commands) {
    CAPTURE(command.front());
    CAPTURE(command.back());
    client.request(command);
    direct.request(command);
    const std::string reply = client.receive_raw();
    CHECK(reply == direct.receive_raw());
    errors += reply.starts_with('-');
  }
  CHECK(errors >= 10);  // else these are no longer the commands that they were
  CHECK(client.call({"LRANGE", "list", least, most}).items.size() == 3);
}

}  // namespace slotway::tests
