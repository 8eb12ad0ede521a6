// Keys that are cached, and shards and clients that fail.

#include <future>

#include "tests/e2e/conversation.h"
#include "tests/e2e/hot_keys.h"
#include "tests/support/fake_backend.h"

namespace slotway::tests {

TEST_CASE_TEMPLATE("hot keys: a shard that stands still is not answered for beyond the bound",
                   Server, EVERY_TRACKER) {
  Cached<Server> cached(4, {kCacheAll, "timeouts: { request: 500ms }"});
  std::vector<RespClient> clients = clients_of(cached.proxy);
  cached.direct().call({"SET", "k", "v"});
  for (RespClient& client : clients) REQUIRE(comes_to_be_cached(client, "k", cached));
  cached.shard.suspend();
  std::this_thread::sleep_for(milliseconds(100));  // the bound
  for (RespClient& client : clients) client.request({"GET", "k"});
  for (RespClient& client : clients) CHECK(client.receive().is_error());
  cached.shard.resume();
  for (RespClient& client : clients) {
    CHECK(eventually([&] { return client.call({"GET", "k"}).text == "v"; }));
  }
  for (RespClient& client : clients) CHECK(comes_to_be_cached(client, "k", cached));
}

TEST_CASE_TEMPLATE(
    "hot keys: a shard that is killed is not answered for, and cached again when it is back",
    Server, EVERY_TRACKER) {
  Cached<Server> cached(4, {kCacheAll, "timeouts: { request: 500ms }"});
  std::vector<RespClient> clients = clients_of(cached.proxy);
  cached.direct().call({"SET", "k", "v"});
  for (RespClient& client : clients) REQUIRE(comes_to_be_cached(client, "k", cached));
  cached.shard.kill();
  std::this_thread::sleep_for(milliseconds(100));  // the bound
  for (RespClient& client : clients) CHECK(client.call({"GET", "k"}).is_error());
  cached.shard.start();
  cached.direct().call({"SET", "k", "new"});
  for (RespClient& client : clients) {
    CHECK(eventually([&] { return client.call({"GET", "k"}).text == "new"; }));
    CHECK(comes_to_be_cached(client, "k", cached));
  }
}

TEST_CASE_TEMPLATE(
    "hot keys: without the connection that hears of changes nothing is served beyond the bound",
    Server, EVERY_TRACKER) {
  Cached<Server> cached(4);
  std::vector<RespClient> clients = clients_of(cached.proxy);
  RespClient direct = cached.direct();
  for (int i = 0; i < 20; ++i) {
    for (RespClient& client : clients) {
      for (int j = 0; j < 3; ++j) client.call({"GET", "k"});
    }
    const std::string value = std::to_string(i);
    // All in one go, so that nobody is told of the change.
    direct.send(encode_request({"CLIENT", "KILL", "TYPE", "normal"}) +
                encode_request({"SET", "k", value}));
    direct.receive();
    direct.receive();
    std::this_thread::sleep_for(milliseconds(100));  // the bound
    for (RespClient& client : clients) {
      CHECK(eventually([&] { return !client.call({"PING"}).is_error(); }));
      const RespValue seen = client.call({"GET", "k"});
      if (!seen.is_error()) CHECK(seen.text == value);
    }
  }
}

TEST_CASE("hot keys: a shard whose user may not track is served uncached") {
  for (const std::string forbidden : {"-client|tracking", "-client|caching", "-pttl"}) {
    CAPTURE(forbidden);
    const RedisServer redis;
    RespClient direct(redis.port());
    REQUIRE(direct.call({"ACL", "SETUSER", "default", forbidden}).text == "OK");
    const ProxyProcess proxy({.shards = {{"a", redis.address()}}, .pool = {kCacheAll}});
    std::vector<RespClient> clients = clients_of(proxy);
    for (int i = 0; i < 50; ++i) {
      const std::string value = std::to_string(i);
      direct.call({"SET", "k", value});
      for (RespClient& client : clients) CHECK(client.call({"GET", "k"}).text == value);
    }
    CHECK(calls(redis.port(), "get") >= 50 * 8);
  }
}

TEST_CASE_TEMPLATE("hot keys: a client that goes while it waits for a fetch", Server,
                   EVERY_TRACKER) {
  Cached<Server> cached(4);
  cached.direct().call({"SET", "k", "v"});
  for (int i = 0; i < 5; ++i) {
    std::vector<RespClient> stay = clients_of(cached.proxy);
    {
      std::vector<RespClient> gone = clients_of(cached.proxy, 16);
      for (RespClient& client : stay) client.call({"GET", "k"});
      cached.shard.suspend();
      std::this_thread::sleep_for(milliseconds(110));  // nothing of it is served any more
      for (size_t j = 0; j < gone.size(); ++j) {
        gone[j].request({"GET", "k"});
        gone[j].request({"GET", "k" + std::to_string(j)});
        gone[j].request({"SET", "k", "v"});
      }
      for (RespClient& client : stay) client.request({"GET", "k"});
    }
    cached.shard.resume();
    for (RespClient& client : stay) CHECK(client.receive().text == "v");
  }
}

TEST_CASE_TEMPLATE("hot keys: what was cached of a shard ends when another takes its place", Server,
                   EVERY_TRACKER) {
  for (const unsigned workers : {1u, 4u}) {
    CAPTURE(workers);
    const Server first;
    const Server second;
    RespClient(first.port()).call({"SET", "k", "first"});
    RespClient(second.port()).call({"SET", "k", "second"});
    const auto options = [&](const Server& server) {
      return ProxyOptions{
          .shards = {{"a", server.address()}}, .pool = {kCacheAll}, .workers = workers};
    };
    ProxyProcess proxy(options(first));
    std::vector<RespClient> clients = clients_of(proxy);
    for (int i = 0; i < 3; ++i) {
      const Server& old_one = i % 2 == 0 ? first : second;
      const Server& new_one = i % 2 == 0 ? second : first;
      const std::string wanted = i % 2 == 0 ? "second" : "first";
      for (RespClient& client : clients) {
        REQUIRE(comes_to_be_cached(client, {"GET", "k"}, old_one.port(), "get"));
      }
      // Once one has read from the new shard, nobody reads from the old one.
      std::atomic<bool> stop{false};
      std::atomic<bool> seen{false};
      std::vector<std::future<int>> readers;
      for (int reader = 0; reader < 4; ++reader) {
        readers.push_back(std::async(std::launch::async, [&] {
          RespClient client(proxy.port());
          int wrong = 0;
          while (!stop) {
            const bool was_seen = seen;
            const bool is_new = client.call({"GET", "k"}).text == wanted;
            wrong += was_seen && !is_new;
            if (is_new) seen = true;
          }
          return wrong;
        }));
      }
      CHECK(proxy.reload(options(new_one)));
      CHECK(eventually([&] { return clients[0].call({"GET", "k"}).text == wanted; }));
      for (RespClient& client : clients) {
        REQUIRE(comes_to_be_cached(client, {"GET", "k"}, new_one.port(), "get"));
      }
      stop = true;
      for (auto& reader : readers) CHECK(reader.get() == 0);
      for (RespClient& client : clients) CHECK(client.call({"GET", "k"}).text == wanted);
    }
  }
}

TEST_CASE("hot keys: a slot that moves takes along nothing that was cached") {
  const RedisShards shards;
  RespClient(shards.servers[0].port()).call({"SET", key_of_shard(0), "old"});
  RespClient(shards.servers[1].port()).call({"SET", key_of_shard(0), "new"});
  ProxyProcess proxy({.shards = shards.entries(), .pool = {kCacheAll}});
  std::vector<RespClient> clients = clients_of(proxy);
  for (RespClient& client : clients) {
    REQUIRE(comes_to_be_cached(client, {"GET", key_of_shard(0)}, shards.servers[0].port(), "get"));
  }
  std::vector<ShardEntry> moved = shards.entries();
  moved[0].slots = "16383";
  moved[1].slots = "0-10922";
  moved[2].slots = "10923-16382";
  REQUIRE(proxy.reload({.shards = moved, .pool = {kCacheAll}}));
  CHECK(eventually([&] { return clients[0].call({"GET", key_of_shard(0)}).text == "new"; }));
  for (RespClient& client : clients) CHECK(client.call({"GET", key_of_shard(0)}).text == "new");
}

}  // namespace slotway::tests
