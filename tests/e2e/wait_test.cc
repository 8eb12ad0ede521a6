// WAIT: until replicas have the session's writes.

#include <doctest/doctest.h>

#include "tests/e2e/conversation.h"
#include "tests/e2e/replicas.h"

namespace slotway::tests {

TEST_CASE("WAIT counts the replicas that have what was written by a shared connection") {
  RedisServer primary({"--repl-diskless-sync-delay", "0"});
  RedisServer replica = replica_of(primary);
  REQUIRE(in_sync(replica));
  ProxyProcess proxy({.shards = {{"a", primary.address()}}});
  RespClient client = proxy.client();
  for (int i = 0; i < 20; ++i) {
    CHECK(client.call({"SET", "key", std::to_string(i)}).text == "OK");
    CHECK(client.call({"WAIT", "1", "0"}).integer() == 1);
    CHECK(RespClient(replica.port()).call({"GET", "key"}).text == std::to_string(i));
  }
  // The replica takes nothing: the write is not there, and nobody says it is.
  replica.suspend();
  CHECK(client.call({"SET", "key", "late"}).text == "OK");
  CHECK(client.call({"WAIT", "1", "100"}).integer() == 0);
  CHECK(client.call({"WAIT", "0", "100"}).integer() == 0);
  // Others are served while one waits.
  RespClient other = proxy.client();
  const std::string id = std::to_string(client.call({"CLIENT", "ID"}).integer());
  client.request({"WAIT", "1", "0"});
  CHECK(eventually([&] {
    return other.call({"CLIENT", "LIST"}).text.find(" flags=b ") != std::string::npos;
  }));
  CHECK(other.call({"GET", "key"}).text == "late");
  CHECK(other.call({"CLIENT", "UNBLOCK", id}).integer() == 1);
  CHECK(client.receive().integer() == 0);
  client.request({"WAIT", "1", "0"});
  replica.resume();
  CHECK(client.receive().integer() == 1);
  CHECK(RespClient(replica.port()).call({"GET", "key"}).text == "late");
}

TEST_CASE("WAIT gives the smallest number of all shards, and ends with the client") {
  Served<RedisShards> served({"limits: { pinned_connections: 2 }"});
  RedisServer replica = replica_of(served.shards.servers[0]);
  RespClient client = served.proxy.client();
  client.call({"SET", key_of_shard(0), "value"});
  CHECK(client.call({"WAIT", "1", "50"}).integer() == 0);
  for (int i = 0; i < 5; ++i) {
    RespClient leaves = served.proxy.client();
    leaves.request({"WAIT", "1", "0"});
    CHECK(eventually([&] {
      return client.call({"CLIENT", "LIST"}).text.find(" flags=b ") != std::string::npos;
    }));
  }
  CHECK(eventually([&] {
    return client.call({"CLIENT", "LIST"}).text.find(" flags=b ") == std::string::npos;
  }));
  // Their connections are free again.
  CHECK(client.call({"WAIT", "1", "50"}).integer() == 0);
}

TEST_CASE("WAIT is checked as by redis-server") {
  RedisServer redis;
  Served<RedisShards> served;
  const std::vector<Command> commands = {{"WAIT", "x", "0"},  {"WAIT", "0", "x"},
                                         {"WAIT", "0", "-1"}, {"WAIT", "0"},
                                         {"WAIT", "0", "0"},  {"WAIT", "-1", "0"},
                                         {"WAIT", "1", "10"}, {"MULTI"},
                                         {"WAIT", "1", "10"}, {"EXEC"}};
  for (const int version : {2, 3}) {
    CHECK(conversation(served.proxy.port(), commands, version) ==
          conversation(redis.port(), commands, version));
  }
}

}  // namespace slotway::tests
