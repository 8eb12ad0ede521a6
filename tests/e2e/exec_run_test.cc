// Transactions with commands that the proxy answers itself: as with one redis-server.

#include <doctest/doctest.h>

#include "tests/e2e/conversation.h"
#include "tests/e2e/shards.h"
#include "tests/support/fake_backend.h"

namespace slotway::tests {

namespace {

const std::vector<Command> kConversation = {
    // None of them asks a shard.
    {"MULTI"},
    {"CLIENT", "SETNAME", "me"},
    {"CLIENT", "GETNAME"},
    {"ACL", "WHOAMI"},
    {"CLIENT", "NO-EVICT", "maybe"},
    {"EXEC"},
    {"CLIENT", "GETNAME"},
    // Among those of a shard, in any place.
    {"MULTI"},
    {"CLIENT", "SETNAME", "you"},
    {"SET", "{t}a", "1"},
    {"INCR", "{t}a"},
    {"CLIENT", "GETNAME"},
    {"LPUSH", "{t}a", "x"},
    {"HSET", "{t}h", "f", "v"},
    {"HGETALL", "{t}h"},
    {"CLIENT", "SETNAME", "a b"},
    {"CLIENT", "GETNAME"},
    {"EXEC"},
    {"GET", "{t}a"},
    // What asks all workers or shards.
    {"MULTI"},
    {"CONFIG", "SET", "slowlog-max-len", "100"},
    {"CONFIG", "GET", "slowlog-max-len"},
    {"CONFIG", "SET", "hash-max-listpack-entries", "100"},
    {"CONFIG", "GET", "hash-max-listpack-entries"},
    {"SLOWLOG", "RESET"},
    {"GET", "{t}a"},
    {"CLIENT", "PAUSE", "100000", "WRITE"},
    {"CLIENT", "UNPAUSE"},
    {"DEBUG", "SLEEP", "0"},
    {"PUBSUB", "NUMSUB", "none"},
    {"CLIENT", "KILL", "ID", "999999"},
    {"EXEC"},
    {"GET", "{t}a"},
    // None is carried out.
    {"MULTI"},
    {"CLIENT", "SETNAME", "discarded"},
    {"DISCARD"},
    {"MULTI"},
    {"CLIENT", "SETNAME", "aborted"},
    {"NOSUCHCOMMAND"},
    {"EXEC"},
    {"WATCH", "{t}a"},
    {"SET", "{t}a", "changed"},
    {"MULTI"},
    {"CLIENT", "SETNAME", "refused by WATCH"},
    {"SET", "{t}a", "refused by WATCH"},
    {"EXEC"},
    {"WATCH", "{t}a"},
    {"SET", "{t}a", "again"},
    {"MULTI"},
    {"CLIENT", "SETNAME", "alone"},
    {"EXEC"},
    {"CLIENT", "GETNAME"},
    {"GET", "{t}a"},
    {"WATCH", "{t}a"},
    {"MULTI"},
    {"CLIENT", "SETNAME", "watched"},
    {"EXEC"},
    {"CLIENT", "GETNAME"},
    {"MULTI"},
    {"CLIENT", "GETNAME"},
    {"EXEC"},
};

const std::vector<Command> kDatabases = {
    {"SET", "{t}k", "zero"},
    {"MULTI"},
    {"SELECT", "3"},
    {"SET", "{t}k", "three"},
    {"SELECT", "4"},
    {"GET", "{t}k"},
    {"SELECT", "16"},
    {"SELECT", "x"},
    {"SELECT", "3"},
    {"GET", "{t}k"},
    {"EXEC"},
    {"GET", "{t}k"},
    {"MULTI"},
    {"GET", "{t}k"},
    {"SELECT", "0"},
    {"GET", "{t}k"},
    {"EXEC"},
    {"GET", "{t}k"},
    {"MULTI"},
    {"SELECT", "3"},
    {"EXEC"},
    {"GET", "{t}k"},
    {"SELECT", "0"},
    {"WATCH", "{t}k"},
    {"MULTI"},
    {"SELECT", "3"},
    {"GET", "{t}k"},
    {"EXEC"},
    {"GET", "{t}k"},
    {"SELECT", "0"},
    {"WATCH", "{t}k"},
    {"SET", "{t}k", "changed"},
    {"MULTI"},
    {"SELECT", "3"},
    {"SET", "{t}k", "refused by WATCH"},
    {"EXEC"},
    {"GET", "{t}k"},
};

const std::vector<std::string> kServer = {"--enable-debug-command", "yes"};

}  // namespace

TEST_CASE("the proxy's own commands behind MULTI are answered as by redis-server") {
  check_as_one_redis(kConversation, kServer);
}

TEST_CASE("SELECT behind MULTI is as with redis-server") {
  check_as_one_redis(kDatabases, kServer);
}

TEST_CASE("SELECT behind MULTI moves nobody else") {
  RedisShards shards;
  ProxyProcess proxy({.shards = shards.entries(), .workers = 1});
  RespClient other = proxy.client();
  RespClient client = proxy.client();
  for (int i = 0; i < 20; ++i) {
    client.send(encode_request({"MULTI"}) + encode_request({"SELECT", "5"}) +
                encode_request({"SET", "{t}k", "five"}) + encode_request({"EXEC"}) +
                encode_request({"GET", "{t}k"}) + encode_request({"SELECT", "0"}));
    other.request({"SET", "{t}k", std::to_string(i)});
    other.request({"GET", "{t}k"});
    CHECK(other.receive().text == "OK");
    CHECK(other.receive().text == std::to_string(i));
    for (int reply = 0; reply < 4; ++reply) client.receive();
    CHECK(client.receive().text == "five");
    CHECK(client.receive().text == "OK");
    CHECK(client.call({"GET", "{t}k"}).text == std::to_string(i));
  }
}

TEST_CASE("a database that shards do not have is refused behind MULTI") {
  RedisServer few({"--databases", "2"});
  ProxyProcess proxy({.shards = {{"a", few.address()}}});
  RespClient client = proxy.client();
  client.call({"MULTI"});
  CHECK(client.call({"SELECT", "1"}).text == "QUEUED");
  CHECK(client.call({"SELECT", "2"}).is_error());
  CHECK(client.call({"EXEC"}).text.starts_with("EXECABORT"));
  CHECK(client.call({"SET", "k", "0"}).text == "OK");
  CHECK(RespClient(few.port()).call({"GET", "k"}).text == "0");
}

TEST_CASE("what the proxy carries out itself needs no shard") {
  // It has no transactions.
  const RedisServer shard({"--rename-command", "MULTI", "", "--rename-command", "DISCARD", ""});
  const ProxyProcess proxy({.shards = {{"a", shard.address()}}});
  RespClient client = proxy.client();
  client.call({"MULTI"});
  CHECK(client.call({"CLIENT", "SETNAME", "x"}).text == "QUEUED");
  CHECK(client.call({"CLIENT", "ID"}).text == "QUEUED");
  CHECK(client.call({"EXEC"}).items.size() == 2);
  client.call({"MULTI"});
  client.call({"CLIENT", "SETNAME", "y"});
  client.call({"SET", "k", "v"});
  CHECK(client.call({"EXEC"}).text.ends_with(" has no transactions"));
  CHECK(client.call({"CLIENT", "GETNAME"}).text == "x");
}

TEST_CASE("a pause that a transaction begins does not hold its own EXEC") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  client.call({"MULTI"});
  client.call({"SET", "{t}a", "1"});
  client.call({"CLIENT", "PAUSE", "100000", "ALL"});
  client.call({"CLIENT", "SETNAME", "behind"});
  client.call({"CLIENT", "UNPAUSE"});
  client.call({"CLIENT", "GETNAME"});
  const RespValue all = client.call({"EXEC"});
  REQUIRE(all.items.size() == 5);
  CHECK(all.items[4].text == "behind");
  CHECK(client.call({"GET", "{t}a"}).text == "1");
}

TEST_CASE("a block that fails takes the proxy's commands with it") {
  FakeBackend shard([](FakeConnection& connection) {
    while (const auto command = connection.receive()) {
      if (command->front() == "EXEC") return;  // it closes
      connection.send(command->front() == "DISCARD" ? "-ERR DISCARD without MULTI\r\n" : "+OK\r\n");
    }
  });
  ProxyProcess proxy({.shards = {{"a", shard.address()}}, .workers = 1});
  RespClient client = proxy.client();
  client.call({"MULTI"});
  client.call({"CLIENT", "SETNAME", "me"});
  client.call({"SET", "k", "v"});
  client.send(encode_request({"EXEC"}) + encode_request({"CLIENT", "GETNAME"}));
  CHECK(client.receive().is_error());
  CHECK(client.receive().null);
}

TEST_CASE("messages do not come between the elements of EXEC") {
  for (const int version : {2, 3}) {
    CAPTURE(version);
    Served<RedisShards> served;
    RespClient client(served.proxy.port(), version);
    RespClient publisher = served.proxy.client();
    client.call({"MULTI"});
    CHECK(client.call({"SUBSCRIBE", "channel"}).text == "QUEUED");
    CHECK(client.call({"DEBUG", "SLEEP", "0.5"}).text == "QUEUED");
    client.request({"EXEC"});
    CHECK(eventually([&] { return publisher.call({"PUBLISH", "channel", "m"}).integer() == 1; }));
    const RespValue all = client.receive();
    REQUIRE(all.items.size() == 2);
    CHECK(all.items[0].items.at(0).text == "subscribe");
    CHECK(all.items[1].text == "OK");
    const RespValue message = client.receive();
    REQUIRE(message.items.size() == 3);
    CHECK(message.items[2].text == "m");
  }
}

TEST_CASE("a client that kills itself behind MULTI still gets its answer") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  const std::string id = std::to_string(client.call({"CLIENT", "ID"}).integer());
  client.call({"MULTI"});
  client.call({"CLIENT", "KILL", "ID", id, "SKIPME", "no"});
  client.call({"SET", "{t}a", "1"});
  client.call({"CLIENT", "GETNAME"});
  client.send(encode_request({"EXEC"}) + encode_request({"PING"}));
  CHECK(client.receive_until_end() == "*3\r\n:1\r\n+OK\r\n$-1\r\n");
}

TEST_CASE("a client that goes in the midst of EXEC leaves nothing behind") {
  Served<RedisShards> served;
  RespClient other = served.proxy.client();
  const auto subscribers = [&](int round) {
    return other.call({"PUBLISH", "channel" + std::to_string(round), "m"}).integer();
  };
  for (int i = 0; i < 5; ++i) {
    RespClient client = served.proxy.client();
    client.call({"WATCH", "{t}a"});
    client.call({"MULTI"});
    client.call({"SET", "{t}a", std::to_string(i)});
    client.call({"SUBSCRIBE", "channel" + std::to_string(i)});
    client.call({"DEBUG", "SLEEP", "1"});
    client.request({"EXEC"});
    CHECK(eventually([&] { return subscribers(i) == 1; }));
  }
  for (int i = 0; i < 5; ++i) CHECK(eventually([&] { return subscribers(i) == 0; }));
  CHECK(other.call({"GET", "{t}a"}).text == "4");
  CHECK(other.call({"DBSIZE"}).integer() == 1);
}

TEST_CASE("the slow log has what was carried out behind MULTI") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  client.call({"CONFIG", "SET", "slowlog-log-slower-than", "100000"});
  client.call({"MULTI"});
  client.call({"DEBUG", "SLEEP", "0.2"});
  client.call({"EXEC"});
  const RespValue entries = client.call({"SLOWLOG", "GET"});
  REQUIRE(entries.items.size() == 1);
  CHECK(entries.items[0].items.at(3).texts() == std::vector<std::string>{"DEBUG", "SLEEP", "0.2"});
}

TEST_CASE("MONITOR shows an EXEC that takes its time") {
  Served<RedisShards> served;
  RespClient monitor = served.proxy.client();
  REQUIRE(monitor.call({"MONITOR"}).text == "OK");
  RespClient client = served.proxy.client();
  client.call({"MULTI"});
  client.call({"PUBSUB", "NUMPAT"});
  client.call({"SET", "{t}a", "1"});
  client.call({"SLOWLOG", "LEN"});
  client.call({"EXEC"});
  for (const char* word : {"\"MULTI\"", "\"PUBSUB\"", "\"SET\"", "\"EXEC\""}) {
    CHECK(monitor.receive().text.find(word) != std::string::npos);
  }
}

TEST_CASE("a client that reads no replies gets none of EXEC") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  const auto replies = client.exchange(
      encode_request({"CLIENT", "REPLY", "OFF"}) + encode_request({"MULTI"}) +
          encode_request({"CLIENT", "SETNAME", "me"}) + encode_request({"SET", "{t}a", "1"}) +
          encode_request({"EXEC"}) + encode_request({"CLIENT", "REPLY", "ON"}) +
          encode_request({"CLIENT", "GETNAME"}),
      2);
  CHECK(replies == std::vector<std::string>{"+OK\r\n", "$2\r\nme\r\n"});
}

}  // namespace slotway::tests
