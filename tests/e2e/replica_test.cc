// Reads from replicas: what may go there, in which order, and what happens when one fails.
//
// Where a test is about the way of a command, the "replica" is a server with other data, so that
// each answer says where it came from.

#include <doctest/doctest.h>

#include <atomic>
#include <set>

#include "tests/e2e/shards.h"
#include "tests/support/fake_backend.h"

namespace slotway::tests {

namespace {

const std::string kNoReplicationDelay = "--repl-diskless-sync-delay";

// How often a server has run a command, by its INFO.
int calls(const RedisServer& server, const std::string& command) {
  const std::string text = RespClient(server.port()).call({"INFO", "commandstats"}).text;
  const std::string name = "cmdstat_" + command + ":calls=";
  const size_t at = text.find(name);
  return at == std::string::npos ? 0 : std::atoi(text.c_str() + at + name.size());
}

RedisServer replica_of(const RedisServer& primary, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments = {"--replicaof", "127.0.0.1", std::to_string(primary.port())};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return RedisServer(arguments);
}

bool in_sync(const RedisServer& replica) {
  return eventually([&] {
    return RespClient(replica.port())
               .call({"INFO", "replication"})
               .text.find("master_link_status:up") != std::string::npos;
  });
}

std::string list(const std::vector<std::string>& items) {
  std::string text = "[";
  for (const std::string& item : items) text += (text.size() > 1 ? ", " : "") + item;
  return text + "]";
}

ProxyOptions options_for(const std::string& primary, const std::vector<std::string>& replicas,
                         const std::string& read_from = "prefer_replica") {
  const std::string timeouts = "timeouts: { request: 2s, stall: 3s, connect: 1s }";
  ProxyOptions options{
      .shards = {{"a", primary}}, .pool = {"read_from: " + read_from, timeouts}, .workers = 1};
  if (!replicas.empty()) options.shards[0].replicas = list(replicas);
  return options;
}

bool replicas_connected(const ProxyProcess& proxy, double count) {
  return eventually([&] { return proxy.metric("slotway_shard_replica_connections") == count; });
}

// A primary and "replicas" that have "where" at their own value, and a proxy with one worker.
struct Labelled {
  explicit Labelled(size_t count, const std::string& read_from = "prefer_replica")
      : replicas(count) {
    RespClient(primary.port()).call({"SET", "where", "primary"});
    std::vector<std::string> addresses;
    for (size_t i = 0; i < count; ++i) {
      label(i);
      addresses.push_back(replicas[i].address());
    }
    options = options_for(primary.address(), addresses, read_from);
    proxy = std::make_unique<ProxyProcess>(options);
    REQUIRE(replicas_connected(*proxy, static_cast<double>(count)));
  }
  void label(size_t i) {
    RespClient(replicas[i].port()).call({"SET", "where", "replica" + std::to_string(i)});
  }

  RedisServer primary;
  std::vector<RedisServer> replicas;
  ProxyOptions options;
  std::unique_ptr<ProxyProcess> proxy;
};

}  // namespace

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
  const int reads = calls(replica, "get");
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
  const int pings = calls(shards.replicas[1], "ping");
  CHECK(reload({shards.replicas[0].address(), shards.replicas[1].address()}, "prefer_replica"));
  REQUIRE(replicas_connected(*shards.proxy, 2));
  CHECK(calls(shards.replicas[1], "ping") == pings);
  CHECK(shards.proxy->metric("slotway_shard_reconnects_total") == reconnects);
  CHECK(reload({shards.replicas[0].address()}, "prefer_replica"));
  for (RespClient* one : {&client, &second}) {
    CHECK(one->call({"GET", "where"}).text == "replica0");
  }
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
