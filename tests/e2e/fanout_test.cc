// Commands that concern several shards: taken apart, sent to all, and put together again.

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "tests/e2e/shards.h"
#include "tests/support/fake_backend.h"

namespace slotway::tests {

namespace {

Command numbered(const std::string& name, size_t count, bool with_values = false) {
  Command command = {name};
  for (size_t i = 0; i < count; ++i) {
    command.push_back("key:" + std::to_string(i));
    if (with_values) command.push_back("value:" + std::to_string(i));
  }
  return command;
}

// Everything that SCAN gives, each page asked for through another of the clients. Throws when a
// cursor is none.
std::vector<std::string> scan_all(std::vector<RespClient>& clients, const Command& options) {
  std::vector<std::string> keys;
  std::string cursor = "0";
  for (size_t page = 0; page < 100'000; ++page) {
    Command command = {"SCAN", cursor};
    command.insert(command.end(), options.begin(), options.end());
    const RespValue reply = clients[page % clients.size()].call(command);
    if (reply.items.size() != 2) throw std::runtime_error(reply.to_string());
    cursor = reply.items[0].text;
    if (std::stoull(cursor) >> 63 != 0) throw std::runtime_error("cursor " + cursor);
    for (const std::string& key : reply.items[1].texts()) keys.push_back(key);
    if (cursor == "0") return keys;
  }
  throw std::runtime_error("SCAN does not end");
}

std::vector<RespClient> several_clients(const ProxyProcess& proxy, size_t count) {
  std::vector<RespClient> clients;
  for (size_t i = 0; i < count; ++i) clients.push_back(proxy.client());
  return clients;
}

}  // namespace

TEST_CASE_TEMPLATE("commands on many keys are merged in the order of the keys", Shards,
                   EVERY_KIND) {
  Served<Shards> served;
  RespClient client = served.proxy.client();
  const std::string a = key_of_shard(0);
  const std::string b = key_of_shard(1);
  const std::string c = key_of_shard(2);
  CHECK(client.call({"MSET", a, "1", b, "2", a, "3"}).text == "OK");  // the last value counts
  CHECK(client.call({"MGET", c, a, b, a, c, b}).to_string() == "*6[$null $3 $2 $3 $null $2]");
  CHECK(client.call({"MGET", b}).to_string() == "*1[$2]");
  CHECK(client.call({"EXISTS", a, a, b, c}).integer() == 3);
  CHECK(client.call({"TOUCH", a, b, c, b}).integer() == 3);
  CHECK(client.call({"DEL", a, c, a}).integer() == 1);
  CHECK(client.call({"UNLINK", b, a, b}).integer() == 1);
  CHECK(client.call({"MSET", a, "1", b}).text ==
        "ERR wrong number of arguments for 'mset' command");
  CHECK(client.call({"EXISTS", a, b, c}).integer() == 0);
}

TEST_CASE_TEMPLATE("ten thousand keys in one command", Shards, EVERY_KIND) {
  constexpr size_t kKeys = 10'000;
  Served<Shards> served;
  RespClient client = served.proxy.client();
  CHECK(client.call(numbered("MSET", kKeys, true)).text == "OK");
  const RespValue values = client.call(numbered("MGET", kKeys));
  REQUIRE(values.items.size() == kKeys);
  for (size_t i = 0; i < kKeys; ++i) {
    REQUIRE(values.items[i].text == "value:" + std::to_string(i));
  }
  CHECK(client.call({"DBSIZE"}).integer() == kKeys);
  CHECK(client.call(numbered("EXISTS", kKeys)).integer() == kKeys);
  CHECK(client.call(numbered("UNLINK", kKeys / 2)).integer() == kKeys / 2);
  CHECK(client.call(numbered("DEL", kKeys)).integer() == kKeys / 2);
}

TEST_CASE_TEMPLATE("commands in front of and behind a fan-out keep their places", Shards,
                   EVERY_KIND) {
  Served<Shards> served;
  RespClient client = served.proxy.client();
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    const std::string n = std::to_string(i);
    bytes += encode_request({"MSET", key_of_shard(0), n, key_of_shard(1), n, key_of_shard(2), n});
    bytes += encode_request({"GET", key_of_shard(static_cast<size_t>(i) % kShards)});
    bytes += encode_request({"ECHO", n});
    bytes += encode_request({"MGET", key_of_shard(2), key_of_shard(0)});
    bytes += encode_request({"DBSIZE"});
  }
  const auto replies = client.exchange(bytes, 1500);
  for (size_t i = 0; i < 300; ++i) {
    const std::string n = std::to_string(i);
    const std::string bulk = "$" + std::to_string(n.size()) + "\r\n" + n + "\r\n";
    REQUIRE(replies[5 * i] == "+OK\r\n");
    REQUIRE(replies[5 * i + 1] == bulk);
    REQUIRE(replies[5 * i + 2] == bulk);
    REQUIRE(replies[5 * i + 3] == "*2\r\n" + bulk + bulk);
    REQUIRE(replies[5 * i + 4] == ":3\r\n");
  }
}

TEST_CASE_TEMPLATE("all shards answer DBSIZE, KEYS, RANDOMKEY and FLUSHALL", Shards, EVERY_KIND) {
  Served<Shards> served;
  RespClient client = served.proxy.client();
  CHECK(client.call({"RANDOMKEY"}).null);
  CHECK(client.call({"KEYS", "*"}).to_string() == "*0[]");
  std::set<std::string> all;
  for (size_t i = 0; i < 60; ++i) {
    all.insert(key_of_shard(i % kShards, i));
    client.call({"SET", key_of_shard(i % kShards, i), "value"});
  }
  CHECK(client.call({"DBSIZE"}).integer() == 60);
  const auto keys = client.call({"KEYS", "*"}).texts();
  CHECK(std::set<std::string>(keys.begin(), keys.end()) == all);
  CHECK(keys.size() == all.size());
  CHECK(client.call({"KEYS", "key:7:*"}).items.size() == 1);
  std::set<size_t> shards;
  for (int i = 0; i < 200; ++i) {
    const std::string key = client.call({"RANDOMKEY"}).text;
    REQUIRE(all.contains(key));
    shards.insert(shard_of(key));
  }
  CHECK(shards.size() == kShards);
  CHECK(client.call({"FLUSHALL"}).text == "OK");
  CHECK(client.call({"DBSIZE"}).integer() == 0);
  client.call({"SET", "key", "value"});
  CHECK(client.call({"FLUSHDB"}).text == "OK");
  CHECK(client.call({"DBSIZE"}).integer() == 0);
}

TEST_CASE("scripts are loaded into all shards") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  const std::string hash = client.call({"SCRIPT", "LOAD", "return KEYS[1]"}).text;
  REQUIRE(hash.size() == 40);
  CHECK(client.call({"SCRIPT", "EXISTS", hash, std::string(40, '0')}).to_string() == "*2[:1 :0]");
  for (size_t shard = 0; shard < kShards; ++shard) {
    const std::string key = key_of_shard(shard);
    CHECK(client.call({"EVALSHA", hash, "1", key}).text == key);
  }
  CHECK(RespClient(served.shards.servers[1].port()).call({"SCRIPT", "FLUSH"}).text == "OK");
  CHECK(client.call({"SCRIPT", "EXISTS", hash}).to_string() == "*1[:1]");  // it can be given it
  CHECK(client.call({"SCRIPT", "FLUSH"}).text == "OK");
  CHECK(client.call({"EVALSHA", hash, "1", key_of_shard(0)}).text.starts_with("NOSCRIPT"));
}

TEST_CASE_TEMPLATE("SCAN gives every key once when nothing changes", Shards, EVERY_KIND) {
  Served<Shards> served;
  constexpr size_t kKeys = 3000;
  RespClient client = served.proxy.client();
  client.call(numbered("MSET", kKeys, true));
  std::vector<RespClient> clients = several_clients(served.proxy, 4);
  for (const Command& options : {Command{}, Command{"COUNT", "1000"}, Command{"COUNT", "7"}}) {
    std::vector<std::string> keys = scan_all(clients, options);
    std::sort(keys.begin(), keys.end());
    CHECK(std::unique(keys.begin(), keys.end()) == keys.end());
    CHECK(keys.size() == kKeys);
  }
  CHECK(scan_all(clients, {"MATCH", "key:12?", "COUNT", "500"}).size() == 10);
  CHECK(scan_all(clients, {"TYPE", "string", "COUNT", "500"}).size() == kKeys);
  CHECK(scan_all(clients, {"TYPE", "list", "COUNT", "500"}).empty());
  CHECK(client.call({"SCAN", "one"}).text == "ERR invalid cursor");
  CHECK(client.call({"SCAN", "18446744073709551615"}).text == "ERR invalid cursor");
  CHECK(client.call({"SCAN", "0", "COUNT", "0"}).is_error());
}

TEST_CASE_TEMPLATE("SCAN gives every key that stays while others come and go", Shards, EVERY_KIND) {
  Served<Shards> served;
  constexpr size_t kKeys = 1000;
  RespClient client = served.proxy.client();
  client.call(numbered("MSET", kKeys, true));
  std::set<std::string> seen;
  std::string cursor = "0";
  size_t page = 0;
  do {
    const RespValue reply = client.call({"SCAN", cursor, "COUNT", "20"});
    for (const std::string& key : reply.items.at(1).texts()) seen.insert(key);
    cursor = reply.items[0].text;
    for (int i = 0; i < 50; ++i) {
      client.call({"SET", "new:" + std::to_string(page) + ":" + std::to_string(i), "value"});
      if (page > 0)
        client.call({"DEL", "new:" + std::to_string(page - 1) + ":" + std::to_string(i)});
    }
    REQUIRE(++page < 5000);
  } while (cursor != "0");
  for (size_t i = 0; i < kKeys; ++i) REQUIRE(seen.contains("key:" + std::to_string(i)));
}

TEST_CASE("commands on keys of one slot are forwarded and all others refused") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  CHECK(client.call({"SET", "{tag}1", "x"}).text == "OK");
  CHECK(client.call({"RENAME", "{tag}1", "{tag}2"}).text == "OK");
  CHECK(client.call({"COPY", "{tag}2", "{tag}3"}).integer() == 1);
  CHECK(client.call({"SADD", "{tag}s", "m"}).integer() == 1);
  CHECK(client.call({"SINTER", "{tag}s", "{tag}none"}).to_string() == "*0[]");
  CHECK(client.call({"SUNIONSTORE", "{tag}t", "{tag}s"}).integer() == 1);
  CHECK(client.call({"ZADD", "{tag}z", "1", "m"}).integer() == 1);
  CHECK(client.call({"ZUNIONSTORE", "{tag}u", "2", "{tag}z", "{tag}z"}).integer() == 1);
  CHECK(client.call({"EVAL", "return #KEYS", "2", "{tag}1", "{tag}2"}).integer() == 2);
  CHECK(client.call({"MSETNX", "{tag}4", "a", "{tag}5", "b"}).integer() == 1);
  const std::string a = key_of_shard(0);
  const std::string b = key_of_shard(1);
  for (const Command& command : std::vector<Command>{
           {"RENAME", a, b},
           {"SINTER", a, b},
           {"SDIFFSTORE", a, a, b},
           {"ZUNIONSTORE", a, "2", a, b},
           {"EVAL", "return 1", "2", a, b},
           {"PFCOUNT", a, b},
           {"LMOVE", a, b, "LEFT", "LEFT"},
           {"MSETNX", a, "1", b, "2"},
           {"BITOP", "AND", a, a, b},
           {"RENAME", key_of_shard(0, 1), key_of_shard(0, 2)}}) {  // one shard, two slots
    CAPTURE(command.front());
    CHECK(client.call(command).text == "CROSSSLOT Keys in request don't hash to the same slot");
  }
}

TEST_CASE("an error of one part is the answer to the whole and names the shard") {
  FakeBackend full(
      FakeBackend::always("-OOM command not allowed when used memory > 'maxmemory'.\r\n"));
  const RedisServer first;
  const RedisServer third;
  ProxyProcess proxy({.shards = three_entries({first.address(), full.address(), third.address()})});
  RespClient client = proxy.client();
  const std::string error =
      client.call({"MSET", key_of_shard(0), "1", key_of_shard(1), "2", key_of_shard(2), "3"}).text;
  CAPTURE(error);
  CHECK(error.starts_with("OOM "));
  CHECK(error.find("'b'") != std::string::npos);
  CHECK(error.find("maxmemory") != std::string::npos);
  CHECK(client.call({"MGET", key_of_shard(0), key_of_shard(1)}).text.starts_with("OOM "));
  CHECK(client.call({"MGET", key_of_shard(0), key_of_shard(2)}).items.size() == 2);
  CHECK(client.call({"DBSIZE"}).text.starts_with("OOM "));
  CHECK(client.call({"SCAN", "0"}).items.size() == 2);
}

TEST_CASE("a shard out of reach fails the commands that need it and names it") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  served.shards.servers[1].kill();
  REQUIRE(eventually([&] { return client.call({"GET", key_of_shard(1)}).is_error(); }));
  for (const Command& command :
       std::vector<Command>{{"MGET", key_of_shard(0), key_of_shard(1), key_of_shard(2)},
                            {"MSET", key_of_shard(1), "x", key_of_shard(2), "y"},
                            {"DEL", key_of_shard(0), key_of_shard(1)},
                            {"DBSIZE"},
                            {"KEYS", "*"},
                            {"FLUSHALL"}}) {
    const RespValue reply = client.call(command);
    CAPTURE(command.front());
    CAPTURE(reply.text);
    CHECK(reply.is_error());
    CHECK(reply.text.find("'b'") != std::string::npos);
  }
  CHECK(client.call({"MSET", key_of_shard(0), "1", key_of_shard(2), "3"}).text == "OK");
}

TEST_CASE("numbers that add up to more than 64 bits are an error") {
  const FakeBackend odd(FakeBackend::always(":9223372036854775807\r\n"));
  const FakeBackend odder(FakeBackend::always(":1\r\n"));
  ProxyProcess proxy({.shards = {{"a", odd.address()}, {"b", odder.address()}}});
  RespClient client = proxy.client();
  const RespValue reply = client.call({"DBSIZE"});
  CHECK(reply.is_error());
  CHECK(reply.text.find("'b'") != std::string::npos);
  CHECK(client.call({"PING"}).text == "PONG");
}

TEST_CASE("a part whose reply does not fit the command is an error") {
  FakeBackend odd([](FakeConnection& connection) {
    while (const auto command = connection.receive()) {
      connection.send(command->front() == "MGET" ? "*1\r\n$1\r\nx\r\n" : "+what\r\n");
    }
  });
  const RedisServer first;
  const RedisServer third;
  ProxyProcess proxy({.shards = three_entries({first.address(), odd.address(), third.address()})});
  RespClient client = proxy.client();
  const std::string b1 = key_of_shard(1, 1);
  const std::string b2 = key_of_shard(1, 2);
  for (const Command& command : std::vector<Command>{
           {"MGET", key_of_shard(0), b1, b2}, {"DEL", b1, key_of_shard(2)}, {"DBSIZE"}}) {
    const RespValue reply = client.call(command);
    CAPTURE(command.front());
    CAPTURE(reply.to_string());
    CHECK(reply.is_error());
    CHECK(reply.text.find("'b'") != std::string::npos);
  }
  CHECK(client.call({"SET", key_of_shard(0), "still here"}).text == "OK");
}

TEST_CASE("a script without keys runs on the same shard always, and anywhere in a transaction") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  CHECK(client.call({"EVAL", "return 7", "0"}).integer() == 7);
  CHECK(client.call({"EVAL", "return redis.call('SET', 'left', ARGV[1])", "0", "x"}).text == "OK");
  for (int i = 0; i < 10; ++i) {
    RespClient other = served.proxy.client();
    CHECK(other.call({"EVAL_RO", "return redis.call('GET', 'left')", "0"}).text == "x");
  }
  for (size_t shard = 0; shard < kShards; ++shard) {
    client.call({"MULTI"});
    CHECK(client.call({"EVAL", "return 7", "0"}).text == "QUEUED");
    CHECK(client.call({"INCR", key_of_shard(shard)}).text == "QUEUED");
    CHECK(client.call({"EXEC"}).to_string() == "*2[:7 :1]");
  }
}

}  // namespace slotway::tests
