// Reads from replicas: what may go there, and in which order with writes.

#include <doctest/doctest.h>

#include <set>

#include "tests/e2e/replicas.h"

namespace slotway::tests {

TEST_CASE("reads land on the replica, everything else on the primary") {
  RedisServer primary({kNoReplicationDelay, "0"});
  RedisServer replica = replica_of(primary);
  REQUIRE(in_sync(replica));
  ProxyProcess proxy(options_for(primary.address(), {replica.address()}));
  REQUIRE(replicas_connected(proxy, 1));
  RespClient client = proxy.client();
  RespClient direct(replica.port());
  for (int i = 0; i < 20; ++i) {
    const std::string key = "key:" + std::to_string(i);
    CHECK(client.call({"SET", key, std::to_string(i)}).text == "OK");
    REQUIRE(eventually([&] { return direct.call({"EXISTS", key}).integer() == 1; }));
    CHECK(client.call({"GET", key}).text == std::to_string(i));
  }
  CHECK(client.call({"HSET", "hash", "f", "v"}).integer() == 1);
  CHECK(client.call({"EXPIRE", "key:0", "1000"}).integer() == 1);
  REQUIRE(eventually([&] { return direct.call({"TTL", "key:0"}).integer() > 0; }));
  CHECK(client.call({"MGET", "key:1", "key:2"}).to_string() == "*2[$1 $2]");
  CHECK(client.call({"TTL", "key:0"}).integer() > 900);
  // Readonly by their flags, but not for a replica.
  CHECK(client.call({"HSCAN", "hash", "0"}).items.size() == 2);
  CHECK(client.call({"TOUCH", "key:0", "key:1"}).integer() == 2);
  CHECK(client.call({"EVAL_RO", "return 1", "1", "key:0"}).integer() == 1);
  CHECK(client.call({"DBSIZE"}).integer() == 21);
  CHECK(client.call({"SCAN", "0", "COUNT", "1000"}).items[1].items.size() == 21);

  CHECK(calls(primary, "set") == 20);
  CHECK(calls(primary, "get") == 0);
  CHECK(calls(replica, "get") == 20);
  CHECK(calls(primary, "mget") == 0);
  CHECK(calls(primary, "ttl") == 0);
  for (const char* name : {"hscan", "touch", "eval_ro", "dbsize", "scan"}) {
    CAPTURE(name);
    CHECK(calls(primary, name) == 1);
    CHECK(calls(replica, name) == 0);
  }
  CHECK(proxy.metric("slotway_shard_replica_requests_total", "shard=\"a\"") == 22);
  CHECK(proxy.metric("slotway_shard_connections") == 1);
}

TEST_CASE("with read_from: primary replicas are left alone") {
  Labelled none(1);
  none.options.pool[0] = "read_from: primary";
  CHECK(none.proxy->reload(none.options));
  CHECK(none.proxy->client().call({"GET", "where"}).text == "primary");
  CHECK(none.proxy->metric("slotway_shard_replica_connections") == 0);
}

TEST_CASE("behind a write that is unanswered the primary is read") {
  Labelled shards(1);
  RespClient client = shards.proxy->client();
  for (int i = 0; i < 500; ++i) {
    const std::string value = std::to_string(i);
    // The first GET is answered by the replica, which never learns of any SET.
    client.send(encode_request({"GET", "where"}) + encode_request({"SET", "k", value}) +
                encode_request({"GET", "k"}) + encode_request({"MGET", "k", "where"}) +
                encode_request({"SET", "k", value + "'"}) + encode_request({"PING"}) +
                encode_request({"STRLEN", "k"}) + encode_request({"GET", "k"}));
    CHECK(client.receive().text == "replica0");
    CHECK(client.receive().text == "OK");
    CHECK(client.receive().text == value);
    CHECK(client.receive().to_string() == "*2[$" + value + " $primary]");
    CHECK(client.receive().text == "OK");
    CHECK(client.receive().text == "PONG");
    CHECK(client.receive().integer() == static_cast<int64_t>(value.size() + 1));
    CHECK(client.receive().text == value + "'");
  }
}

TEST_CASE("the same without replies, and for writes of every kind") {
  Labelled shards(1);
  RespClient client = shards.proxy->client();
  for (int i = 0; i < 100; ++i) {
    client.send(encode_request({"EVAL", "redis.call('INCR', KEYS[1])", "1", "n"}) +
                encode_request({"GET", "n"}) + encode_request({"FLUSHALL"}) +
                encode_request({"GET", "n"}) + encode_request({"GET", "where"}) +
                encode_request({"MSET", "n", "0", "m", "2"}) + encode_request({"GET", "m"}) +
                encode_request({"CLIENT", "REPLY", "SKIP"}) + encode_request({"DEL", "m"}) +
                encode_request({"GET", "m"}));
    CHECK(client.receive().null);
    CHECK(client.receive().text == "1");
    CHECK(client.receive().text == "OK");
    CHECK(client.receive().null);
    CHECK(client.receive().null);
    CHECK(client.receive().text == "OK");
    CHECK(client.receive().text == "2");
    CHECK(client.receive().null);
  }
}

TEST_CASE("a write waits for the reads that a replica still owes") {
  Labelled shards(1);
  RespClient client = shards.proxy->client();
  RespClient other = shards.proxy->client();
  RespClient direct(shards.primary.port());
  shards.replicas[0].suspend();
  client.send(encode_request({"GET", "where"}) + encode_request({"SET", "k", "new"}) +
              encode_request({"GET", "k"}));
  REQUIRE(shards.proxy->metric_reaches(1, "slotway_shard_in_flight_requests"));
  // Writes of others go by the same connection: the SET has not been sent before them.
  for (int i = 0; i < 20; ++i) CHECK(other.call({"INCR", "n"}).integer() == i + 1);
  CHECK(direct.call({"GET", "k"}).null);
  shards.replicas[0].resume();
  CHECK(client.receive().text == "replica0");
  CHECK(client.receive().text == "OK");
  CHECK(client.receive().text == "new");
}

TEST_CASE("reads wait for nothing: those of the primary go beside those of a replica") {
  Labelled shards(1);
  RespClient client = shards.proxy->client();
  shards.replicas[0].suspend();
  client.send(encode_request({"GET", "where"}) + encode_request({"HSCAN", "no", "0"}));
  CHECK(eventually([&] { return calls(shards.primary, "hscan") == 1; }));
  shards.replicas[0].resume();
  CHECK(client.receive().text == "replica0");
  CHECK(client.receive().items.size() == 2);
}

TEST_CASE("a session keeps to its replica, sessions are spread over them") {
  Labelled shards(3);
  std::set<std::string> seen;
  std::vector<RespClient> clients;
  for (int i = 0; i < 9; ++i) clients.push_back(shards.proxy->client());
  for (RespClient& client : clients) {
    std::set<std::string> own;
    for (int i = 0; i < 10; ++i) own.insert(client.call({"GET", "where"}).text);
    CHECK(own.size() == 1);
    seen.insert(own.begin(), own.end());
  }
  CHECK(seen == std::set<std::string>{"replica0", "replica1", "replica2"});
}

TEST_CASE("a write that was sent before a reload brought replicas is not overtaken") {
  Labelled shards(1);
  ProxyOptions with = shards.options;
  ProxyOptions without = options_for(shards.primary.address(), {}, "primary");
  CHECK(shards.proxy->reload(without));
  RespClient client = shards.proxy->client();
  CHECK(client.call({"GET", "where"}).text == "primary");
  shards.primary.suspend();
  client.request({"SET", "where", "new"});
  REQUIRE(shards.proxy->metric_reaches(1, "slotway_shard_in_flight_requests"));
  CHECK(shards.proxy->reload(with));
  REQUIRE(replicas_connected(*shards.proxy, 1));
  client.request({"GET", "where"});
  REQUIRE(shards.proxy->metric_reaches(2, "slotway_shard_in_flight_requests"));
  shards.primary.resume();
  CHECK(client.receive().text == "OK");
  CHECK(client.receive().text == "new");
}

TEST_CASE("split commands read from the replicas of all shards, and write to the primaries") {
  std::vector<RedisServer> primaries(2);
  std::vector<RedisServer> replicas(1);
  const std::string a = key_of_shard(0);
  const std::string c = key_of_shard(2);
  for (RedisServer& server : primaries) {
    RespClient(server.port()).call({"MSET", a, "primary", c, "primary"});
  }
  RespClient(replicas[0].port()).call({"MSET", a, "replica", c, "replica"});
  ProxyOptions options{.shards = {{"a", primaries[0].address(), "0-5460", replicas[0].address()},
                                  {"c", primaries[1].address(), "5461-16383"}},
                       .pool = {"read_from: prefer_replica"},
                       .workers = 1};
  ProxyProcess proxy(options);
  REQUIRE(replicas_connected(proxy, 1));
  RespClient client = proxy.client();
  // The second shard has none: its part is the primary's.
  CHECK(client.call({"MGET", a, c}).to_string() == "*2[$replica $primary]");
  CHECK(client.call({"EXISTS", a, c}).integer() == 2);
  CHECK(calls(replicas[0], "exists") == 1);
  for (int i = 0; i < 100; ++i) {
    const std::string value = std::to_string(i);
    client.send(encode_request({"MGET", a, c}) + encode_request({"MSET", a, value, c, value}) +
                encode_request({"MGET", a, c}) + encode_request({"DEL", a, c}) +
                encode_request({"EXISTS", a, c}) + encode_request({"SET", c, "primary"}));
    CHECK(client.receive().to_string() == "*2[$replica $primary]");
    CHECK(client.receive().text == "OK");
    CHECK(client.receive().to_string() == "*2[$" + value + " $" + value + "]");
    CHECK(client.receive().integer() == 2);
    CHECK(client.receive().integer() == 0);
    CHECK(client.receive().text == "OK");
  }
}

TEST_CASE("a session with large traffic has a connection of its own to its replica, too") {
  Labelled shards(1);
  RespClient client = shards.proxy->client();
  CHECK(client.call({"GET", "where"}).text == "replica0");
  const std::string large(100'000, 'x');
  client.send(encode_request({"GET", "where"}) + encode_request({"SET", "k", large}) +
              encode_request({"GET", "k"}));
  CHECK(client.receive().text == "replica0");
  CHECK(client.receive().text == "OK");
  CHECK(client.receive().text == large);
  const double before = shards.proxy->metric("slotway_shard_replica_connections");
  CHECK(client.call({"GET", "where"}).text == "replica0");
  CHECK(shards.proxy->metric_reaches(before + 1, "slotway_shard_replica_connections"));
  // With the primary gone, large replies still come from there.
  RespClient(shards.replicas[0].port()).call({"SET", "large", large});
  shards.primary.kill();
  for (int i = 0; i < 40; ++i) CHECK((client.call({"GET", "large"}).text == large));
}

TEST_CASE("slots move only when replicas owe nothing for them") {
  Labelled shards(1);
  RedisServer other;
  RespClient client = shards.proxy->client();
  shards.replicas[0].suspend();
  client.send(encode_request({"GET", "where"}) + encode_request({"SET", "where", "other"}));
  REQUIRE(shards.proxy->metric_reaches(1, "slotway_shard_in_flight_requests"));
  const std::string text = shards.proxy->yaml(options_for(other.address(), {}, "primary"));
  shards.proxy->directory().write("slotway.yaml", text);
  const size_t seen = shards.proxy->process().output().size();
  shards.proxy->process().signal(SIGHUP);
  RespClient second = shards.proxy->client();
  CHECK(!shards.proxy->process().wait_for_output("reload complete", seen, milliseconds(300)));
  second.request({"SET", "n", "1"});
  CHECK(RespClient(other.port()).call({"DBSIZE"}).integer() == 0);
  shards.replicas[0].resume();
  CHECK(client.receive().text == "replica0");
  CHECK(client.receive().text == "OK");
  CHECK(second.receive().text == "OK");
  CHECK(shards.proxy->process().wait_for_output("reload complete", seen));
  CHECK(RespClient(other.port()).call({"GET", "where"}).text == "other");
  CHECK(RespClient(shards.primary.port()).call({"GET", "where"}).text == "primary");
}

}  // namespace slotway::tests
