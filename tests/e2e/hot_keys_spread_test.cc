// Reads of hot keys that are not cached, spread over replicas.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <set>

#include "tests/e2e/hot_keys.h"
#include "tests/e2e/replicas.h"
#include "tests/support/fake_backend.h"

namespace slotway::tests {

namespace {

std::string info_of(const RedisServer& server, const std::string& name) {
  const std::string text = RespClient(server.port()).call({"INFO", "replication"}).text;
  const size_t at = text.find("\n" + name + ":");
  REQUIRE(at != std::string::npos);
  const size_t begin = at + name.size() + 2;
  return text.substr(begin, text.find('\r', begin) - begin);
}

const std::string kSpread = "hot_keys: { detect: true, report: { rate: 50 }, spread: replicas }";
const std::string kUncached =
    "hot_keys: { detect: true, report: { rate: 50 }, spread: replicas, "
    "rules: [ { match: \"*\", cache: never } ] }";

ProxyOptions options_with(const RedisServer& primary, const std::string& replica,
                          const std::string& hot_keys, unsigned workers = 1) {
  ProxyOptions options{
      .shards = {{"a", primary.address()}}, .pool = {hot_keys}, .workers = workers};
  options.shards[0].replicas = "[" + replica + "]";
  return options;
}

// A server that counts its writes, and nothing else: it does as long as a replica is attached.
struct CountingPrimary {
  CountingPrimary() { REQUIRE(in_sync(attached)); }

  RedisServer server{{kNoReplicationDelay, "0", "--repl-ping-replica-period", "3600"}};
  RedisServer attached = replica_of(server);
};

// A replica that has applied as much of its primary's writes as it is told to say.
struct ToldReplica {
  explicit ToldReplica(const RedisServer& primary) : history(info_of(primary, "master_replid")) {}

  std::string info() const {
    const std::string text =
        "# Replication\r\nrole:slave\r\nmaster_link_status:up\r\n"
        "slave_repl_offset:" +
        std::to_string(offset) + "\r\nmaster_replid:" + history + "\r\n";
    return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
  }

  const std::string history;
  std::atomic<int64_t> offset{0};
  std::atomic<int> infos{0};
  FakeBackend backend{[this](FakeConnection& connection) {
    while (const auto command = connection.receive()) {
      if (command->front() == "INFO") {
        ++infos;
        connection.send(info());
      } else {
        connection.send("$7\r\nreplica\r\n");
      }
    }
  }};
};

}  // namespace

TEST_CASE("hot keys spread: only a replica that has what the session wrote is read") {
  CountingPrimary counting;
  RedisServer& primary = counting.server;
  RespClient(primary.port()).call({"SET", "k", "primary"});
  ToldReplica replica(primary);
  ProxyProcess proxy(options_with(primary, replica.backend.address(), kUncached));
  REQUIRE(replicas_connected(proxy, 1));
  std::vector<RespClient> clients = clients_of(proxy, 4);
  const auto answers = [&] {
    std::vector<std::string> all;
    for (RespClient& client : clients) all.push_back(client.call({"GET", "k"}).text);
    return all;
  };
  const std::vector<std::string> none(4, "primary");

  // One that is behind is asked how far it is, and nothing else.
  CHECK(eventually([&] {
    CHECK(answers() == none);
    return replica.infos > 10;
  }));
  const int64_t now = std::stoll(info_of(primary, "master_repl_offset"));
  replica.offset = now;
  // The primary has its share, and each session keeps to one.
  std::vector<std::string> spread;
  CHECK(eventually([&] {
    spread = answers();
    return std::ranges::count(spread, "replica") == 2;
  }));
  for (int i = 0; i < 20; ++i) CHECK(answers() == spread);
  // Another key is not hot, and what is written or reads several goes to the primary.
  const auto at = static_cast<size_t>(std::ranges::find(spread, "replica") - spread.begin());
  RespClient& reader = clients[at];
  CHECK(reader.call({"GET", "cold"}).null);
  CHECK(reader.call({"MGET", "k", "k"}).to_string() == "*2[$primary $primary]");

  // The session that writes reads what it wrote, however the others read.
  CHECK(reader.call({"SET", "k", "own"}).text == "OK");
  const int infos = replica.infos;
  size_t from_replica = 0;
  CHECK(eventually([&] {
    CHECK(reader.call({"GET", "k"}).text == "own");
    for (RespClient& client : clients) from_replica += client.call({"GET", "k"}).text == "replica";
    return replica.infos > infos + 5;
  }));
  CHECK(from_replica > 0);
  replica.offset = now + 1'000'000;
  CHECK(eventually([&] { return reader.call({"GET", "k"}).text == "replica"; }));
  // A pipeline: not behind an unanswered write, nor is the write sent before the read is answered.
  reader.send(encode_request({"GET", "k"}) + encode_request({"SET", "k", "piped"}) +
              encode_request({"GET", "k"}));
  CHECK(reader.receive().text == "replica");
  CHECK(reader.receive().text == "OK");
  CHECK(reader.receive().text == "piped");
}

TEST_CASE("hot keys spread: a replica that stays behind is not read for longer than a second") {
  CountingPrimary counting;
  RedisServer& primary = counting.server;
  RespClient writer(primary.port());
  writer.call({"SET", "k", "primary"});
  ToldReplica replica(primary);
  replica.offset = std::stoll(info_of(primary, "master_repl_offset"));
  ProxyProcess proxy(options_with(primary, replica.backend.address(), kUncached));
  std::vector<RespClient> clients = clients_of(proxy, 2);
  const auto from_replica = [&] {
    size_t count = 0;
    for (RespClient& client : clients) count += client.call({"GET", "k"}).text == "replica";
    return count;
  };
  CHECK(eventually([&] { return from_replica() == 1; }));
  writer.call({"SET", "k", "primary"});
  CHECK(eventually([&] { return from_replica() == 0; }));
  replica.offset = 1'000'000;
  CHECK(eventually([&] { return from_replica() == 1; }));
}

TEST_CASE("hot keys spread: a session reads its own writes, over a real replica") {
  RedisServer primary({kNoReplicationDelay, "0"});
  RedisServer replica = replica_of(primary);
  REQUIRE(in_sync(replica));
  ProxyProcess proxy(options_with(primary, replica.address(), kUncached, 2));
  std::vector<RespClient> clients = clients_of(proxy, 8);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(3);
  std::vector<int64_t> own(clients.size(), 0);
  size_t turn = 0;
  const auto read_all = [&] {
    for (size_t i = 0; i < clients.size(); ++i) {
      const RespValue read = clients[i].call({"GET", "n"});
      REQUIRE(!read.is_error());
      if (own[i] > 0) CHECK(std::stoll(read.text) >= own[i]);
    }
  };
  while (std::chrono::steady_clock::now() < end || calls(replica, "get") < 500) {
    const size_t writer = turn++ % clients.size();
    own[writer] = clients[writer].call({"INCR", "n"}).integer();
    for (size_t i = 0; i < 1 + turn % 200; ++i) read_all();
  }
  CHECK(calls(primary, "get") > 500);
  // Without it, all goes on.
  replica.kill();
  CHECK(eventually([&] {
    for (RespClient& client : clients) {
      if (client.call({"GET", "n"}).is_error()) return false;
    }
    return true;
  }));
}

TEST_CASE("hot keys spread: servers that are no replicas of the primary are not read") {
  Labelled shards(1);
  shards.options.pool = {kUncached};
  CHECK(shards.proxy->reload(shards.options));
  RespClient a = shards.proxy->client();
  RespClient b = shards.proxy->client();
  CHECK(eventually([&] {
    CHECK(a.call({"GET", "where"}).text == "primary");
    CHECK(b.call({"GET", "where"}).text == "primary");
    return calls(shards.replicas[0], "info") > 20;  // some are this test's own
  }));
  CHECK(calls(shards.replicas[0], "get") == 0);
}

TEST_CASE("hot keys spread: what is cached is not, and a rule may say otherwise") {
  RedisServer primary({kNoReplicationDelay, "0"});
  RedisServer replica = replica_of(primary);
  REQUIRE(in_sync(replica));
  ProxyOptions options = options_with(primary, replica.address(), kSpread);
  ProxyProcess proxy(options);
  std::vector<RespClient> clients = clients_of(proxy, 4);
  const auto read = [&](const std::string& key) {
    for (RespClient& client : clients) client.call({"GET", key});
  };
  CHECK(comes_to_be_cached(clients[0], {"GET", "k"}, primary.port(), "get"));
  const int64_t before = calls(replica, "get");
  for (int i = 0; i < 200; ++i) read("k");
  CHECK(calls(replica, "get") == before);
  // Too large to be kept.
  RespClient(primary.port()).call({"SET", "large", std::string(100'000, 'x')});
  CHECK(eventually([&] {
    read("large");
    return calls(replica, "get") > before + 20;
  }));

  options.pool[0] =
      "hot_keys: { detect: true, report: { rate: 50 }, rules: [ { match: \"yes*\", cache: never, "
      "spread: replicas }, { match: \"*\", cache: never } ] }";
  CHECK(proxy.reload(options));
  const int64_t then = calls(replica, "get");
  for (int i = 0; i < 500; ++i) read("no");
  CHECK(calls(replica, "get") == then);
  CHECK(eventually([&] {
    read("yes");
    return calls(replica, "get") > then + 20;
  }));
}

}  // namespace slotway::tests
