// WATCH: what EXEC makes of it, and the connections that sessions have for themselves meanwhile.

#include <doctest/doctest.h>

#include <future>

#include "tests/e2e/shards.h"

namespace slotway::tests {

namespace {

double pins(const ProxyProcess& proxy) { return proxy.metric("slotway_shard_connections"); }

}  // namespace

TEST_CASE("EXEC runs all or nothing when somebody has changed what was watched") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  RespClient other = served.proxy.client();
  for (size_t shard = 0; shard < kShards; ++shard) {
    const std::string key = key_of_shard(shard);
    CHECK(client.call({"WATCH", key}).text == "OK");
    CHECK(other.call({"SET", key, "other"}).text == "OK");
    CHECK(client.call({"MULTI"}).text == "OK");
    CHECK(client.call({"SET", key, "mine"}).text == "QUEUED");
    CHECK(client.call({"EXEC"}).null);
    CHECK(client.call({"GET", key}).text == "other");
    // The next one is not concerned by it.
    CHECK(client.call({"MULTI"}).text == "OK");
    CHECK(client.call({"SET", key, "mine"}).text == "QUEUED");
    CHECK(client.call({"EXEC"}).items.size() == 1);
    CHECK(other.call({"GET", key}).text == "mine");
  }
}

TEST_CASE("counting with WATCH loses nothing") {
  constexpr int kCounters = 8;
  constexpr int kEach = 50;
  Served<RedisShards> served;
  std::vector<std::future<void>> counting;
  for (int i = 0; i < kCounters; ++i) {
    counting.push_back(std::async(std::launch::async, [&served, i] {
      RespClient client(served.proxy.port(), i % 2 ? 2 : 3);
      for (int done = 0; done < kEach;) {
        client.call({"WATCH", "counter"});
        const RespValue value = client.call({"GET", "counter"});
        const int next = value.null ? 1 : std::stoi(value.text) + 1;
        client.call({"MULTI"});
        client.call({"SET", "counter", std::to_string(next)});
        if (!client.call({"EXEC"}).null) ++done;
      }
    }));
  }
  for (auto& each : counting) each.get();
  CHECK(served.proxy.client().call({"GET", "counter"}).text == std::to_string(kCounters * kEach));
}

TEST_CASE("what was watched on a connection that is lost counts as changed") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  CHECK(client.call({"WATCH", "key"}).text == "OK");
  RespClient direct(served.shards.servers[shard_of("key")].port());
  direct.call({"CLIENT", "KILL", "TYPE", "normal"});
  CHECK(eventually([&] { return client.call({"GET", "key"}).null; }));
  client.call({"MULTI"});
  CHECK(client.call({"SET", "key", "x"}).text == "QUEUED");
  CHECK(client.call({"EXEC"}).null);
  CHECK(eventually([&] { return client.call({"GET", "key"}).null; }));
}

TEST_CASE("nobody else is hurt by a WATCH behind a change of the protocol") {
  RedisShards shards;
  ProxyProcess proxy({.shards = shards.entries(), .workers = 1});
  RespClient other = proxy.client();
  {
    RespClient client = proxy.client();
    CHECK(client.call({"WATCH", "{t}k"}).text == "OK");
    client.call({"HELLO", "3"});
    CHECK(client.call({"WATCH", "{t}victim"}).text == "OK");
    CHECK(client.call({"MULTI"}).text == "OK");
    CHECK(client.call({"EXEC"}).null);  // it may have changed meanwhile
    CHECK(client.call({"WATCH", "{t}k"}).text == "OK");
    client.call({"HELLO", "2"});
    CHECK(client.call({"WATCH", "{t}victim"}).text == "OK");
  }
  CHECK(other.call({"SET", "{t}victim", "x"}).text == "OK");
  for (const int version : {2, 3}) {
    RespClient stranger(proxy.port(), version);
    stranger.call({"MULTI"});
    stranger.call({"SET", "{t}own", "1"});
    CHECK(stranger.call({"EXEC"}).items.size() == 1);
  }
}

TEST_CASE("RESET behind WATCH takes nothing from the commands in front of it") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  for (int i = 0; i < 50; ++i) {
    const auto replies = client.exchange(
        encode_request({"WATCH", "k"}) + encode_request({"SET", "k", "1"}) +
            encode_request({"GET", "k"}) + encode_request({"RESET"}) + encode_request({"GET", "k"}),
        5);
    REQUIRE(replies == std::vector<std::string>{"+OK\r\n", "+OK\r\n", "$1\r\n1\r\n", "+RESET\r\n",
                                                "$1\r\n1\r\n"});
  }
}

TEST_CASE("connections of WATCH are bounded, and used again") {
  RedisServer redis;
  ProxyProcess proxy({.shards = {{"a", redis.address()}},
                      .pool = {"limits: { pinned_connections: 3 }"},
                      .workers = 1});
  const double before = pins(proxy);
  std::vector<RespClient> clients;
  for (int i = 0; i < 4; ++i) clients.push_back(proxy.client());
  for (int i = 0; i < 3; ++i) {
    CHECK(clients[static_cast<size_t>(i)].call({"WATCH", "key"}).text == "OK");
  }
  CHECK(pins(proxy) == before + 3);
  CHECK(clients[3].call({"WATCH", "key"}).text.find("pinned_connections") != std::string::npos);
  CHECK(clients[3].call({"MULTI"}).text == "OK");  // without a guard, as ever
  CHECK(clients[3].call({"DISCARD"}).text == "OK");
  SUBCASE("by UNWATCH") {
    CHECK(clients[0].call({"UNWATCH"}).text == "OK");
    CHECK(clients[3].call({"WATCH", "key"}).text == "OK");
    CHECK(pins(proxy) == before + 3);
  }
  SUBCASE("by EXEC") {
    clients[0].call({"MULTI"});
    CHECK(clients[0].call({"EXEC"}).items.empty());
    CHECK(clients[3].call({"WATCH", "key"}).text == "OK");
    CHECK(pins(proxy) == before + 3);
  }
  SUBCASE("by a client that goes") {
    clients.erase(clients.begin());
    CHECK(eventually([&] { return clients[2].call({"WATCH", "key"}).text == "OK"; }));
  }
  SUBCASE("by a client that goes in MULTI") {
    clients[0].call({"MULTI"});
    clients[0].call({"INCR", "key"});
    clients.erase(clients.begin());
    CHECK(eventually([&] { return clients[2].call({"WATCH", "key"}).text == "OK"; }));
    CHECK(clients[2].call({"GET", "key"}).null);
  }
}

TEST_CASE("a WATCH that the shard refuses keeps no connection") {
  RedisServer redis;
  RespClient direct(redis.port());
  direct.call({"ACL", "SETUSER", "default", "-watch"});
  ProxyProcess proxy({.shards = {{"a", redis.address()}},
                      .pool = {"limits: { pinned_connections: 1 }"},
                      .workers = 1});
  RespClient first = proxy.client();
  RespClient second = proxy.client();
  for (int round = 0; round < 2; ++round) {
    CHECK(first.call({"WATCH", "k"}).text.starts_with("NOPERM "));
    CHECK(second.call({"WATCH", "k"}).text.starts_with("NOPERM "));
  }
  direct.call({"ACL", "SETUSER", "default", "+watch"});
  CHECK(first.call({"WATCH", "k"}).text == "OK");
  CHECK(second.call({"WATCH", "k"}).text.find("pinned_connections") != std::string::npos);
  direct.call({"ACL", "SETUSER", "default", "-watch"});
  // What is watched already stays so.
  CHECK(first.call({"WATCH", "l"}).text.starts_with("NOPERM "));
  CHECK(second.call({"SET", "k", "changed"}).text == "OK");
  first.call({"MULTI"});
  CHECK(first.call({"SET", "k", "mine"}).text == "QUEUED");
  CHECK(first.call({"EXEC"}).null);
}

TEST_CASE("connections of WATCH are bounded for both protocols together, and closed when idle") {
  RedisServer redis;
  ProxyProcess proxy({.shards = {{"a", redis.address()}},
                      .pool = {"limits: { pinned_connections: 2 }"},
                      .workers = 1});
  const double before = pins(proxy);
  for (const int version : {2, 3, 2}) {
    std::vector<RespClient> clients;
    for (int i = 0; i < 2; ++i) {
      clients.emplace_back(proxy.port(), version);
      CHECK(clients.back().call({"WATCH", "key"}).text == "OK");
    }
    CHECK(eventually([&] { return pins(proxy) == before + 2; }));
    for (RespClient& client : clients) CHECK(client.call({"UNWATCH"}).text == "OK");
    CHECK(pins(proxy) == before + 2);
  }
  CHECK(eventually([&] { return pins(proxy) == before; }, 2 * kLong));
}

}  // namespace slotway::tests
