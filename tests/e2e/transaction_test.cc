// MULTI, EXEC and DISCARD: as with one redis-server, for keys that share a slot.

#include <doctest/doctest.h>

#include <atomic>
#include <future>

#include "tests/e2e/conversation.h"
#include "tests/e2e/shards.h"
#include "tests/support/fake_backend.h"

namespace slotway::tests {

namespace {

const std::vector<Command> kConversation = {
    {"EXEC"},
    {"DISCARD"},
    {"UNWATCH"},
    {"MULTI"},
    {"MULTI"},
    {"SET", "{t}a", "1"},
    {"INCR", "{t}a"},
    {"LPUSH", "{t}a", "x"},
    {"MGET", "{t}a", "{t}b"},
    {"PING"},
    {"ECHO", "echo"},
    {"EXEC"},
    {"GET", "{t}a"},
    {"MULTI"},
    {"EXEC"},
    {"MULTI"},
    {"SET", "{t}a", "discarded"},
    {"DISCARD"},
    {"GET", "{t}a"},
    {"MULTI"},
    {"SET", "{t}a"},
    {"SET", "{t}a", "aborted"},
    {"EXEC"},
    {"MULTI"},
    {"NOSUCHCOMMAND", "x"},
    {"EXEC"},
    {"MULTI"},
    {"SET", "{t}a", "ended by what is wrong with EXEC"},
    {"EXEC", "x"},
    {"EXEC"},
    {"EXEC", "x"},
    {"GET", "{t}a"},
    {"WATCH", "{t}a", "{t}b"},
    {"MULTI"},
    {"WATCH", "{t}c"},
    {"UNWATCH"},
    {"SET", "{t}b", "guarded"},
    {"EXEC"},
    {"WATCH", "{t}a"},
    {"SET", "{t}a", "by itself"},
    {"MULTI"},
    {"GET", "{t}b"},
    {"EXEC"},
    {"WATCH", "{t}a"},
    {"SET", "{t}a", "again"},
    {"UNWATCH"},
    {"MULTI"},
    {"HSET", "{t}h", "f", "v"},
    {"HGETALL", "{t}h"},
    {"ZADD", "{t}z", "1.5", "m"},
    {"ZSCORE", "{t}z", "m"},
    {"EXEC"},
    {"WATCH", "{t}a"},
    {"MULTI"},
    {"EXEC"},
    {"MULTI"},
    {"RESET"},
    {"EXEC"},
};

}  // namespace

TEST_CASE("transactions are answered as by redis-server, byte for byte") {
  check_as_one_redis(kConversation);
}

TEST_CASE("nobody sees half of a transaction, and what follows it comes behind it") {
  Served<RedisShards> served;
  std::atomic<bool> stop = false;
  auto reader = std::async(std::launch::async, [&] {
    RespClient client = served.proxy.client();
    int64_t seen = 0;
    while (!stop) {
      const RespValue both = client.call({"MGET", "{t}a", "{t}b"});
      if (both.items[0].text != both.items[1].text) return int64_t{-1};
      ++seen;
    }
    return seen;
  });
  RespClient writer = served.proxy.client();
  for (int i = 0; i < 500; ++i) {
    std::string bytes;
    if (i % 2) bytes += encode_request({"WATCH", "{t}a"});
    bytes += encode_request({"MULTI"}) + encode_request({"INCR", "{t}a"}) +
             encode_request({"INCR", "{t}b"}) + encode_request({"EXEC"}) +
             encode_request({"GET", "{t}b"});
    const auto replies = writer.exchange(bytes, i % 2 ? 6 : 5);
    const std::string number = std::to_string(i + 1);
    REQUIRE(replies.back() == "$" + std::to_string(number.size()) + "\r\n" + number + "\r\n");
  }
  stop = true;
  CHECK(reader.get() > 0);
}

TEST_CASE("keys of several slots are refused, and spoil the transaction") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  client.call({"MULTI"});
  CHECK(client.call({"SET", key_of_shard(0), "x"}).text == "QUEUED");
  CHECK(client.call({"SET", key_of_shard(1), "x"}).text.starts_with("CROSSSLOT"));
  CHECK(client.call({"EXEC"}).text.starts_with("EXECABORT"));
  CHECK(client.call({"WATCH", key_of_shard(0), key_of_shard(1)}).text.starts_with("CROSSSLOT"));
  CHECK(client.call({"WATCH", key_of_shard(0)}).text == "OK");
  CHECK(client.call({"WATCH", key_of_shard(1)}).text.starts_with("CROSSSLOT"));
  client.call({"UNWATCH"});
  CHECK(client.call({"WATCH", key_of_shard(1)}).text == "OK");
  client.call({"UNWATCH"});
  client.call({"MULTI"});
  CHECK(client.call({"CLIENT", "REPLY", "OFF"}).is_error());
  CHECK(client.call({"HELLO", "3"}).is_error());
  CHECK(client.call({"EXEC"}).text.starts_with("EXECABORT"));
  CHECK(client.call({"EXISTS", key_of_shard(0)}).integer() == 0);
}

TEST_CASE("commands for all shards come last behind MULTI") {
  const std::vector<Command> commands = {{"SET", key_of_shard(0), "a"},
                                         {"SET", key_of_shard(1), "b"},
                                         {"MULTI"},
                                         {"SET", key_of_shard(0), "c"},
                                         {"GET", key_of_shard(0)},
                                         {"DBSIZE"},
                                         {"FLUSHALL"},
                                         {"DBSIZE"},
                                         {"EXEC"},
                                         {"GET", key_of_shard(1)},
                                         {"MULTI"},
                                         {"FLUSHDB"},
                                         {"KEYS", "*"},
                                         {"EXEC"},
                                         {"PING"}};
  check_as_one_redis(commands);
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  client.call({"SET", key_of_shard(0), "a"});
  client.call({"MULTI"});
  CHECK(client.call({"FLUSHALL"}).text == "QUEUED");
  CHECK(client.call({"SET", key_of_shard(1), "b"}).text ==
        "ERR behind MULTI no command may follow one that concerns all shards");
  CHECK(client.call({"EXEC"}).text.starts_with("EXECABORT"));
  CHECK(client.call({"WATCH", key_of_shard(0)}).text == "OK");
  served.proxy.client().call({"SET", key_of_shard(0), "changed"});
  client.call({"MULTI"});
  client.call({"FLUSHALL"});
  CHECK(client.call({"EXEC"}).null);
  CHECK(client.call({"GET", key_of_shard(0)}).text == "changed");
}

TEST_CASE("a pool with one shard knows no slots that are apart") {
  RedisServer redis;
  ProxyProcess proxy({.shards = {{"a", redis.address()}}});
  RespClient client = proxy.client();
  CHECK(client.call({"MSET", "a", "1", "b", "2", "c", "3"}).text == "OK");
  CHECK(client.call({"RENAME", "a", "d"}).text == "OK");
  client.call({"RPUSH", "list", "x", "y"});
  client.call({"MSET", "w_x", "2", "w_y", "1"});
  CHECK(client.call({"SORT", "list", "BY", "w_*", "GET", "#"}).texts() ==
        std::vector<std::string>{"y", "x"});
  client.call({"DEL", "list", "w_x", "w_y"});
  CHECK(client.call({"WATCH", "b", "c"}).text == "OK");
  client.call({"MULTI"});
  CHECK(client.call({"INCR", "b"}).text == "QUEUED");
  CHECK(client.call({"INCR", "c"}).text == "QUEUED");
  CHECK(client.call({"DBSIZE"}).text == "QUEUED");
  const RespValue all = client.call({"EXEC"});
  REQUIRE(all.items.size() == 3);
  CHECK(all.items[2].integer() == 3);
}

TEST_CASE("what is refused elsewhere is refused behind MULTI") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  client.call({"MULTI"});
  CHECK(client.call({"SORT", "l", "BY", "w_*"}).text.find("BY") != std::string::npos);
  CHECK(client.call({"EXEC"}).text.starts_with("EXECABORT"));
}

TEST_CASE("a transaction of several slots does not outlive the one shard of its pool") {
  RedisServer first, second;
  ProxyProcess proxy({.shards = {{"a", first.address()}}});
  RespClient client = proxy.client();
  client.call({"MULTI"});
  CHECK(client.call({"SET", key_of_shard(0), "x"}).text == "QUEUED");
  CHECK(client.call({"SET", key_of_shard(2), "x"}).text == "QUEUED");
  REQUIRE(proxy.reload(
      {.shards = {{"a", first.address(), "0-8191"}, {"b", second.address(), "8192-16383"}}}));
  CHECK(client.call({"EXEC"}).text.starts_with("EXECABORT"));
  CHECK(client.call({"EXISTS", key_of_shard(0)}).integer() == 0);
}

TEST_CASE("what concerns all of one shard is not run by that one when others have come") {
  for (const Command& command : {Command{"DBSIZE"}, Command{"FLUSHALL"}, Command{"SCRIPT", "FLUSH"},
                                 Command{"MSET", key_of_shard(0), "x", key_of_shard(2), "x"},
                                 Command{"SORT", key_of_shard(0), "BY", "w_*"}}) {
    CAPTURE(command.front());
    RedisServer first, second;
    ProxyProcess proxy({.shards = {{"a", first.address()}}});
    RespClient client = proxy.client();
    client.call({"MULTI"});
    CHECK(client.call(command).text == "QUEUED");
    REQUIRE(proxy.reload(
        {.shards = {{"a", first.address(), "0-8191"}, {"b", second.address(), "8192-16383"}}}));
    CHECK(client.call({"EXEC"}).text.starts_with("EXECABORT"));
  }
}

TEST_CASE("what comes behind a transaction that timed out does not overtake it") {
  RedisServer redis;
  const ProxyProcess proxy({.shards = {{"a", redis.address()}},
                            .pool = {"timeouts: { request: 300ms, stall: 20s }"},
                            .workers = 1});
  RespClient client = proxy.client();
  // The second time the connection knows that the server has transactions.
  for (int i = 0; i < 2; ++i) {
    client.call({"WATCH", "guard"});
    client.call({"MULTI"});
    if (i == 0) CHECK(client.call({"EXEC"}).items.empty());
  }
  // The server takes several turns to read it.
  for (int i = 0; i < 50; ++i) client.call({"SET", "other", std::string(20'000, 'x')});
  client.call({"SET", "k", "first"});
  redis.suspend();
  CHECK(client.call({"EXEC"}).text.find("no reply within") != std::string::npos);
  client.request({"SET", "k", "second"});
  CHECK(client.silent_for(milliseconds(100)));  // as long as the server stands still
  redis.resume();
  CHECK(client.receive().text == "OK");
  RespClient other = proxy.client();
  CHECK(eventually([&] { return other.call({"EXISTS", "other"}).integer() == 1; }));
  CHECK(other.call({"GET", "k"}).text == "second");
}

TEST_CASE("a transaction is not larger than a request may be") {
  Served<RedisShards> served({"limits: { bulk_size: 100KiB, request_size: 100KiB }"});
  RespClient client = served.proxy.client();
  client.call({"MULTI"});
  CHECK(client.call({"SET", "k", std::string(60'000, 'x')}).text == "QUEUED");
  CHECK(client.call({"SET", "k", std::string(60'000, 'x')}).text.find("request_size") !=
        std::string::npos);
  CHECK(client.call({"EXEC"}).text.starts_with("EXECABORT"));
}

TEST_CASE("a shard without transactions runs no part of one") {
  const RedisServer shard({"--rename-command", "MULTI", "", "--rename-command", "DISCARD", "",
                           "--rename-command", "WATCH", ""});
  const ProxyProcess proxy({.shards = {{"a", shard.address()}}});
  RespClient client = proxy.client();
  for (int round = 0; round < 2; ++round) {
    CHECK(client.call({"MULTI"}).text == "OK");
    CHECK(client.call({"SET", "key", "x"}).text == "QUEUED");
    CHECK(client.call({"EXEC"}).text.ends_with(" has no transactions"));
    CHECK(client.call({"GET", "key"}).null);
    CHECK(client.call({"WATCH", "key"}).is_error());
    CHECK(client.call({"MULTI"}).text == "OK");
    CHECK(client.call({"SET", "key", "x"}).text == "QUEUED");
    CHECK(client.call({"EXEC"}).is_error());
    CHECK(client.call({"GET", "key"}).null);
  }
}

TEST_CASE("a transaction that a dead shard does not take fails and is over") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  client.call({"MULTI"});
  client.call({"SET", key_of_shard(1), "x"});
  served.shards.servers[1].kill();
  REQUIRE(served.proxy.metric_reaches(1, "slotway_shard_reconnects_total", "shard=\"b\""));
  CHECK(client.call({"EXEC"}).text.find("out of reach") != std::string::npos);
  CHECK(client.call({"EXEC"}).text == "ERR EXEC without MULTI");
  CHECK(client.call({"SET", key_of_shard(0), "x"}).text == "OK");
}

TEST_CASE("a shard that is not allowed to say whether it has transactions is asked again") {
  std::atomic<bool> allowed = false;
  FakeBackend shard([&](FakeConnection& connection) {
    while (const auto command = connection.receive()) {
      if (command->front() == "DISCARD") {
        connection.send(allowed ? "-ERR DISCARD without MULTI\r\n" : "-NOPERM not now\r\n");
      } else {
        connection.send(command->front() == "EXEC" ? "*1\r\n+done\r\n" : "+OK\r\n");
      }
    }
  });
  ProxyProcess proxy({.shards = {{"a", shard.address()}}, .workers = 1});
  RespClient client = proxy.client();
  const auto answer = [&] {
    client.call({"MULTI"});
    client.call({"SET", "k", "v"});
    return client.call({"EXEC"});
  };
  CHECK(answer().text == "NOPERM not now");
  CHECK(answer().text == "NOPERM not now");
  allowed = true;
  CHECK(eventually([&] { return answer().items.size() == 1; }));
}

TEST_CASE("a transaction that times out is one time-out to the breaker") {
  RedisServer redis;
  ProxyProcess proxy({.shards = {{"a", redis.address()}},
                      .pool = {"timeouts: { request: 100ms, stall: 1h }"},
                      .workers = 1});
  RespClient client = proxy.client();
  client.call({"MULTI"});
  client.call({"EXEC"});
  client.call({"MULTI"});
  for (int i = 0; i < 10; ++i) CHECK(client.call({"INCR", "k"}).text == "QUEUED");
  CHECK(client.call({"EXEC"}).items.size() == 10);  // so it is known to have transactions
  client.call({"MULTI"});
  for (int i = 0; i < 10; ++i) CHECK(client.call({"INCR", "k"}).text == "QUEUED");
  redis.suspend();
  CHECK(client.call({"EXEC"}).text.find("no reply within 100 ms") != std::string::npos);
  CHECK(proxy.metric("slotway_shard_timeouts_total") == 1);
  for (int i = 0; i < 2; ++i) {
    CHECK(client.call({"GET", "k"}).text.find("no reply within 100 ms") != std::string::npos);
  }
  redis.resume();
}

}  // namespace slotway::tests
