// Replicas that fail, are slow, come and go: who is read instead, and when they are read again.

#include <doctest/doctest.h>

#include <set>

#include "tests/e2e/replicas.h"
#include "tests/support/fake_backend.h"

namespace slotway::tests {

TEST_CASE("a replica that dies fails what is in flight on it, no more, and is used again") {
  Labelled shards(2);
  std::vector<RespClient> clients;
  for (int i = 0; i < 4; ++i) clients.push_back(shards.proxy->client());
  const auto answers = [&] {
    std::multiset<std::string> texts;
    for (RespClient& client : clients) texts.insert(client.call({"GET", "where"}).text);
    return texts;
  };
  const std::multiset<std::string> both = {"replica0", "replica0", "replica1", "replica1"};
  CHECK(answers() == both);
  shards.replicas[0].suspend();
  std::vector<RespClient*> waiting;
  for (RespClient& client : clients) client.request({"GET", "where"});
  REQUIRE(eventually([&] { return calls(shards.replicas[1], "get") >= 4; }));
  shards.replicas[0].kill();
  int failed = 0;
  for (RespClient& client : clients) {
    const RespValue reply = client.receive();
    if (!reply.is_error()) continue;
    ++failed;
    CHECK(reply.text.find("shard 'a' (replica " + shards.replicas[0].address()) !=
          std::string::npos);
    CHECK(reply.text.find("unknown") == std::string::npos);
  }
  CHECK(failed == 2);
  // Those that had it go to the other one, and then to the primary.
  for (int i = 0; i < 20; ++i) {
    CHECK(answers() == std::multiset<std::string>{"replica1", "replica1", "replica1", "replica1"});
  }
  shards.replicas[1].kill();
  REQUIRE(replicas_connected(*shards.proxy, 0));
  for (int i = 0; i < 20; ++i) {
    CHECK(answers() == std::multiset<std::string>{"primary", "primary", "primary", "primary"});
  }
  // Writes wait for nothing then.
  CHECK(clients[0].call({"SET", "k", "1"}).text == "OK");
  for (size_t i = 0; i < 2; ++i) {
    shards.replicas[i].start();
    shards.label(i);
  }
  CHECK(eventually([&] { return answers() == both; }));
}

TEST_CASE("reads go on while the primary is away") {
  Labelled shards(1);
  RespClient client = shards.proxy->client();
  shards.primary.kill();
  REQUIRE(shards.proxy->metric_reaches(1, "slotway_shard_reconnects_total"));
  CHECK(client.call({"GET", "where"}).text == "replica0");
  CHECK(client.call({"SET", "k", "1"}).is_error());
  CHECK(client.call({"GET", "where"}).text == "replica0");
}

TEST_CASE("a replica that stops answering is left, the shard is not blamed for it") {
  Labelled shards(1);
  shards.options.pool[1] = "timeouts: { request: 100ms, stall: 60s, connect: 1s }";
  CHECK(shards.proxy->reload(shards.options));
  RespClient client = shards.proxy->client();
  shards.replicas[0].suspend();
  CHECK(client.call({"GET", "where"}).text.find("no reply within 100 ms") != std::string::npos);
  REQUIRE(eventually([&] { return client.call({"GET", "where"}).text == "primary"; }));
  CHECK(client.call({"SET", "k", "1"}).text == "OK");
  shards.replicas[0].resume();
  CHECK(eventually([&] { return client.call({"GET", "where"}).text == "replica0"; }));
}

TEST_CASE("a replica that has lost its primary is not read") {
  RedisServer primary({kNoReplicationDelay, "0"});
  RedisServer replica = replica_of(primary, {"--replica-serve-stale-data", "no"});
  REQUIRE(in_sync(replica));
  ProxyProcess proxy(options_for(primary.address(), {replica.address()}));
  REQUIRE(replicas_connected(proxy, 1));
  RespClient client = proxy.client();
  CHECK(client.call({"SET", "k", "1"}).text == "OK");
  CHECK(client.call({"GET", "k"}).type == '$');
  CHECK(calls(replica, "get") == 1);
  RespClient direct(replica.port());
  CHECK(direct.call({"REPLICAOF", "127.0.0.1", "1"}).text == "OK");
  // One read finds it out at most.
  client.call({"GET", "k"});
  for (int i = 0; i < 50; ++i) CHECK(client.call({"GET", "k"}).text == "1");
  // A connection made meanwhile finds it out by itself.
  const std::string id = "slotway_shard_reconnects_total";
  const double before = proxy.metric(id);
  direct.call({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  REQUIRE(eventually([&] { return proxy.metric(id) > before; }));
  REQUIRE(replicas_connected(proxy, 1));
  for (int i = 0; i < 50; ++i) CHECK(client.call({"GET", "k"}).text == "1");
  CHECK(direct.call({"REPLICAOF", "127.0.0.1", std::to_string(primary.port())}).text == "OK");
  REQUIRE(in_sync(replica));
  const int64_t reads = calls(replica, "get");
  CHECK(eventually([&] {
    CHECK(client.call({"GET", "k"}).text == "1");
    return calls(replica, "get") > reads;
  }));
}

TEST_CASE("a password does not make a replica ready that cannot serve") {
  RedisServer primary({"--requirepass", "secret", "--masterauth", "secret"});
  RedisServer replica = replica_of(primary, {"--requirepass", "secret", "--masterauth", "wrong",
                                             "--replica-serve-stale-data", "no"});
  const TempDir directory;
  ProxyOptions options = options_for(primary.address(), {replica.address()});
  options.pool.push_back("upstream: { password_file: " + directory.write("p", "secret") + " }");
  ProxyProcess proxy(options);
  REQUIRE(replicas_connected(proxy, 1));
  RespClient client = proxy.client();
  for (int i = 0; i < 50; ++i) CHECK(client.call({"GET", "k"}).null);
  RespClient direct(replica.port());
  CHECK(direct.call({"AUTH", "secret"}).text == "OK");
  CHECK(direct.call({"REPLICAOF", "NO", "ONE"}).text == "OK");
  CHECK(direct.call({"SET", "k", "replica"}).text == "OK");
  CHECK(eventually([&] { return client.call({"GET", "k"}).text == "replica"; }));
}

TEST_CASE("nearest leaves a server that is slow or hangs, and returns") {
  // The "primary" takes 30 ms for each command, the replica far less.
  FakeBackend slow([](FakeConnection& connection) {
    connection.answer_pings = false;
    while (const auto command = connection.receive()) {
      connection.sleep(milliseconds(30));
      connection.send(command->front() == "PING" ? "+PONG\r\n" : "+primary\r\n");
    }
  });
  std::vector<RedisServer> replicas(1);
  CHECK(RespClient(replicas[0].port()).call({"SET", "where", "replica"}).text == "OK");
  ProxyProcess proxy(options_for(slow.address(), {replicas[0].address()}, "nearest"));
  RespClient client = proxy.client();
  const auto comes_from = [&](const std::string& where) {
    return eventually([&] { return client.call({"GET", "where"}).text == where; });
  };
  CHECK(comes_from("replica"));
  for (int i = 0; i < 20; ++i) CHECK(client.call({"GET", "where"}).text == "replica");
  CHECK(client.call({"SET", "where", "x"}).text == "primary");  // a write has no choice
  for (int round = 0; round < 2; ++round) {
    replicas[0].suspend();
    // A probe finds that out; nobody asks meanwhile.
    const size_t seen = slow.commands().size();
    REQUIRE(eventually([&] { return slow.commands().size() > seen + 2; }));
    CHECK(client.call({"GET", "where"}).text == "primary");
    replicas[0].resume();
    CHECK(comes_from("replica"));
  }
}

TEST_CASE("nearest takes the primary if that answers soonest") {
  FakeBackend slow([](FakeConnection& connection) {
    connection.answer_pings = false;
    while (const auto command = connection.receive()) {
      connection.sleep(milliseconds(30));
      connection.send(command->front() == "PING" ? "+PONG\r\n" : "+replica\r\n");
    }
  });
  RedisServer primary;
  CHECK(RespClient(primary.port()).call({"SET", "where", "primary"}).text == "OK");
  ProxyProcess proxy(options_for(primary.address(), {slow.address()}, "nearest"));
  REQUIRE(replicas_connected(proxy, 1));
  RespClient client = proxy.client();
  REQUIRE(eventually([&] { return slow.commands().size() > 3; }));  // it has been measured
  for (int i = 0; i < 20; ++i) CHECK(client.call({"GET", "where"}).text == "primary");
  // Without the primary there is no choice.
  primary.kill();
  CHECK(eventually([&] { return client.call({"GET", "where"}).text == "replica"; }));
}

TEST_CASE("a reload adds and removes replicas, clients stay") {
  Labelled shards(2);
  RespClient client = shards.proxy->client();
  RespClient second = shards.proxy->client();
  const auto reload = [&](const std::vector<std::string>& replicas, const std::string& from) {
    shards.options = options_for(shards.primary.address(), replicas, from);
    return shards.proxy->reload(shards.options);
  };
  // Requests in flight to one that goes are answered, and what comes behind keeps its place.
  shards.replicas[0].suspend();
  shards.replicas[1].suspend();
  for (RespClient* one : {&client, &second}) {
    one->send(encode_request({"GET", "where"}));
  }
  REQUIRE(shards.proxy->metric_reaches(2, "slotway_shard_in_flight_requests"));
  CHECK(reload({}, "primary"));
  for (RespClient* one : {&client, &second}) {
    one->send(encode_request({"GET", "where"}) + encode_request({"SET", "k", "1"}) +
              encode_request({"GET", "where"}));
  }
  CHECK(RespClient(shards.proxy->port()).call({"INCR", "n"}).integer() == 1);
  CHECK(RespClient(shards.primary.port()).call({"GET", "k"}).null);
  shards.replicas[0].resume();
  shards.replicas[1].resume();
  for (RespClient* one : {&client, &second}) {
    CHECK(one->receive().text.starts_with("replica"));
    CHECK(one->receive().text == "primary");  // this read had no need to wait
    CHECK(one->receive().text == "OK");
    CHECK(one->receive().text == "primary");
  }
  REQUIRE(replicas_connected(*shards.proxy, 0));
  CHECK(shards.proxy->metric("slotway_shard_in_flight_requests") == 0);
  CHECK(reload({shards.replicas[1].address()}, "prefer_replica"));
  CHECK(eventually([&] { return client.call({"GET", "where"}).text == "replica1"; }));
  // The one that stays keeps its connection.
  const double reconnects = shards.proxy->metric("slotway_shard_reconnects_total");
  const int64_t pings = calls(shards.replicas[1], "ping");
  CHECK(reload({shards.replicas[0].address(), shards.replicas[1].address()}, "prefer_replica"));
  REQUIRE(replicas_connected(*shards.proxy, 2));
  CHECK(calls(shards.replicas[1], "ping") == pings);
  CHECK(shards.proxy->metric("slotway_shard_reconnects_total") == reconnects);
  CHECK(reload({shards.replicas[0].address()}, "prefer_replica"));
  for (RespClient* one : {&client, &second}) {
    CHECK(one->call({"GET", "where"}).text == "replica0");
  }
}

}  // namespace slotway::tests
