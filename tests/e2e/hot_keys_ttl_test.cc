// Keys that are cached for a while, with no word from the shard (mode ttl): for how long, and what
// is seen at once all the same.

#include <algorithm>

#include "tests/e2e/hot_keys.h"

namespace slotway::tests {

namespace {

const std::string kLongTtl = "24h";

std::string ttl_mode(const std::string& max_ttl, const std::string& rule = "match: \"*\"") {
  return "hot_keys: { detect: true, cache: { mode: ttl, max_ttl: " + max_ttl + " }, rules: [ { " +
         rule + ", cache: always } ] }";
}

// What the server was asked to do, and has refused.
std::string commands_of(uint16_t server) {
  return RespClient(server).call({"INFO", "commandstats"}).text;
}
bool was_asked(uint16_t server, const std::string& command) {
  return commands_of(server).find("cmdstat_" + command + ":") != std::string::npos;
}

void check_seen(std::vector<RespClient>& clients, const Command& read, const std::string& value) {
  for (RespClient& client : clients) CHECK(client.call(read).text == value);
}

}  // namespace

TEST_CASE("hot keys: in mode ttl a shard that does not track is cached, and is not asked to") {
  const RedisServer redis;
  RespClient direct(redis.port());
  REQUIRE(direct.call({"ACL", "SETUSER", "default", "-client|tracking", "-client|caching"}).text ==
          "OK");
  direct.call({"SET", "k", "v"});
  const ProxyProcess proxy({.shards = {{"a", redis.address()}}, .pool = {ttl_mode("200ms")}});
  std::vector<RespClient> clients = clients_of(proxy);
  for (RespClient& client : clients) {
    CHECK(comes_to_be_cached(client, {"GET", "k"}, redis.port(), "get"));
    CHECK(comes_to_be_cached(client, {"GET", "nil"}, redis.port(), "get"));
  }
  CHECK(!was_asked(redis.port(), "client|tracking"));
  CHECK(!was_asked(redis.port(), "client|caching"));
  // Nor is there anything to be heard by PINGs: none comes while an entry lasts five times.
  const int64_t pings = calls(redis.port(), "ping");
  const int64_t fetched = calls(redis.port(), "get");
  CHECK(eventually([&] {
    clients[0].call({"GET", "k"});
    return calls(redis.port(), "get") >= fetched + 5;
  }));
  CHECK(calls(redis.port(), "ping") == pings);
  CHECK(proxy.metric("slotway_cache_hits_total") > 0);
}

TEST_CASE_TEMPLATE("hot keys: in mode ttl a write at the shard is seen after max_ttl at the latest",
                   Server, EVERY_TRACKER) {
  for (const unsigned workers : {1u, 4u}) {
    for (const std::string& pool :
         {ttl_mode("100ms"), ttl_mode(kLongTtl, "match: \"k\", max_ttl: 100ms")}) {
      CAPTURE(workers);
      CAPTURE(pool);
      const Cached<Server> cached(workers, {pool});
      std::vector<RespClient> clients = clients_of(cached.proxy);
      RespClient direct = cached.direct();
      for (int i = 0; i < 10; ++i) {
        const std::string value = std::to_string(i);
        for (RespClient& client : clients) REQUIRE(comes_to_be_cached(client, "k", cached));
        direct.call({"SET", "k", value});
        const auto end = Clock::now() + milliseconds(100);  // the bound that is to be shown
        while (Clock::now() < end) {
          for (RespClient& client : clients) client.call({"GET", "k"});
        }
        check_seen(clients, {"GET", "k"}, value);
      }
    }
  }
}

TEST_CASE_TEMPLATE("hot keys: in mode ttl nobody tells the proxy of a write at the shard", Server,
                   EVERY_TRACKER) {
  Cached<Server> cached(4, {ttl_mode(kLongTtl)});
  std::vector<RespClient> clients = clients_of(cached.proxy);
  cached.direct().call({"SET", "k", "old"});
  for (RespClient& client : clients) REQUIRE(comes_to_be_cached(client, "k", cached));
  cached.direct().call({"SET", "k", "new"});
  check_seen(clients, {"GET", "k"}, "old");
  // Also while the shard stands still.
  cached.shard.suspend();
  std::this_thread::sleep_for(milliseconds(100));  // the bound of mode tracked
  check_seen(clients, {"GET", "k"}, "old");
  cached.shard.resume();
}

TEST_CASE_TEMPLATE(
    "hot keys: in mode ttl a write through the proxy is seen at once, by every session", Server,
    EVERY_TRACKER) {
  for (const unsigned workers : {1u, 4u}) {
    CAPTURE(workers);
    const Cached<Server> cached(workers, {ttl_mode(kLongTtl)});
    std::vector<RespClient> clients = clients_of(cached.proxy);
    for (int i = 1; i <= 200; ++i) {
      RespClient& writer = clients[static_cast<size_t>(i) % clients.size()];
      const std::string value = std::to_string(i);
      const Command write = i % 2 == 0 ? Command{"SET", "k", value} : Command{"MSET", "k", value};
      REQUIRE(writer.call(write).text == "OK");
      for (int round = 0; round < 3; ++round) check_seen(clients, {"GET", "k"}, value);
    }
    CHECK(cached.calls("get") < 200 * 3 * 8);  // some of them came from the cache
    for (RespClient& client : clients) REQUIRE(comes_to_be_cached(client, "k", cached));
    REQUIRE(clients[0].call({"FLUSHALL"}).text == "OK");
    for (RespClient& client : clients) CHECK(client.call({"GET", "k"}).null);
  }
}

TEST_CASE_TEMPLATE(
    "hot keys: in mode ttl what was not read from the cache is what all others see, too", Server,
    EVERY_TRACKER) {
  const Cached<Server> cached(4, {ttl_mode(kLongTtl)});
  std::vector<RespClient> clients = clients_of(cached.proxy);
  for (int i = 0; i < 20; ++i) {
    const std::string value = std::to_string(i);
    for (RespClient& client : clients) REQUIRE(comes_to_be_cached(client, "k", cached));
    cached.direct().call({"SET", "k", value});
    CHECK(clients[static_cast<size_t>(i) % clients.size()].call({"MGET", "k"}).items.at(0).text ==
          value);
    check_seen(clients, {"GET", "k"}, value);
  }
}

TEST_CASE_TEMPLATE("hot keys: in mode ttl what expires at the shard is gone when it expires",
                   Server, EVERY_TRACKER) {
  const Cached<Server> cached(4, {ttl_mode(kLongTtl)});
  std::vector<RespClient> clients = clients_of(cached.proxy);
  RespClient direct = cached.direct();
  for (int i = 0; i < 3; ++i) {
    REQUIRE(clients[0].call({"SET", "k", "v", "PX", "500"}).text == "OK");
    for (RespClient& client : clients) CHECK(comes_to_be_cached(client, "k", cached));
    CHECK(eventually([&] {
      for (RespClient& client : clients) client.call({"GET", "k"});
      return direct.call({"GET", "k"}).null;
    }));
    for (RespClient& client : clients) CHECK(client.call({"GET", "k"}).null);
  }
}

TEST_CASE_TEMPLATE(
    "hot keys: in mode ttl a fetch that shows a change ends all that was cached of the key", Server,
    EVERY_TRACKER) {
  const Cached<Server> cached(4, {ttl_mode(kLongTtl)});
  std::vector<RespClient> clients = clients_of(cached.proxy);
  RespClient direct = cached.direct();
  std::string value = "v";
  std::string gets;
  for (int i = 0; i < 1000; ++i) gets += encode_request({"GET", "k"});
  direct.call({"SET", "k", value});
  for (int i = 0; i < 5; ++i) {
    for (RespClient& client : clients) {
      REQUIRE(comes_to_be_cached(client, "k", cached));
      REQUIRE(comes_to_be_cached(client, {"STRLEN", "k"}, cached.shard.port(), "strlen"));
    }
    direct.call({"APPEND", "k", "v"});
    value += 'v';
    // After a thousand hits the shard is asked.
    CHECK(eventually([&] {
      clients[0].exchange(gets, 1000);
      return clients[0].call({"GET", "k"}).text == value;
    }));
    for (RespClient& client : clients) {
      CHECK(client.call({"GET", "k"}).text == value);
      CHECK(client.call({"STRLEN", "k"}).integer() == static_cast<int64_t>(value.size()));
    }
  }
  // That is what this mode is, no fault of the cache.
  CHECK(cached.proxy.metric("slotway_cache_stale_total") == 0);
  CHECK(cached.proxy.metric("slotway_cache_audits_total") == 0);
}

TEST_CASE_TEMPLATE("hot keys: a reload to another mode drops what is cached, and is obeyed", Server,
                   EVERY_TRACKER) {
  Cached<Server> cached(4);
  RespClient direct = cached.direct();
  std::vector<RespClient> clients = clients_of(cached.proxy);
  const auto reload = [&](const std::string& pool) {
    return cached.proxy.reload(
        {.shards = {{"a", cached.shard.address()}}, .pool = {pool}, .workers = 4});
  };
  const auto check_cached = [&] {
    for (RespClient& client : clients) REQUIRE(comes_to_be_cached(client, "k", cached));
  };
  const auto all_see = [&](const std::string& value) {
    return eventually([&] {
      return std::ranges::all_of(clients, [&](RespClient& client) {
        return client.call({"GET", "k"}).text == value;
      });
    });
  };
  // Of redis-server: whom it tells of changes.
  const auto tracking = [&] {
    return direct.call({"CLIENT", "LIST"}).text.find(" redir=0 ") != std::string::npos;
  };
  direct.call({"SET", "k", "1"});
  check_cached();
  CHECK(tracking());
  for (int i = 0; i < 3; ++i) {
    REQUIRE(reload(ttl_mode(kLongTtl)));
    CHECK(eventually([&] { return !tracking(); }));
    check_cached();
    direct.call({"SET", "k", "2"});
    check_seen(clients, {"GET", "k"}, "1");
    REQUIRE(reload(kCacheAll));
    CHECK(all_see("2"));
    check_cached();
    CHECK(tracking());
    direct.call({"SET", "k", "1"});
    std::this_thread::sleep_for(milliseconds(100));  // the bound of mode tracked
    check_seen(clients, {"GET", "k"}, "1");
  }
}

TEST_CASE("hot keys: a shard that has refused to track is cached after a reload to mode ttl") {
  const RedisServer redis;
  RespClient direct(redis.port());
  REQUIRE(direct.call({"ACL", "SETUSER", "default", "-client|tracking"}).text == "OK");
  ProxyProcess proxy({.shards = {{"a", redis.address()}}, .pool = {kCacheAll}});
  RespClient client = proxy.client();
  for (int i = 0; i < 50; ++i) client.call({"GET", "k"});
  CHECK(calls(redis.port(), "get") >= 50);
  REQUIRE(proxy.reload({.shards = {{"a", redis.address()}}, .pool = {ttl_mode(kLongTtl)}}));
  CHECK(comes_to_be_cached(client, {"GET", "k"}, redis.port(), "get"));
}

// The connection by which keys were asked for goes with the mode, while the reload waits for all
// that is in flight at shards that lose slots. A sanitizer sees whether it was asked for longer.
TEST_CASE("hot keys: slots that move right behind a change of the mode") {
  const RedisServer a;
  const RedisServer b;
  const auto options = [&](int round, const std::string& pool) {
    const std::string last = std::to_string(8000 + round % 2);
    const std::string next = std::to_string(8001 + round % 2);
    return ProxyOptions{
        .shards = {{"a", a.address(), "0-" + last}, {"b", b.address(), next + "-16383"}},
        .pool = {pool},
        .workers = 1};
  };
  ProxyProcess proxy(options(0, kCacheAll));
  RespClient client = proxy.client();
  for (int round = 0; round < 20; ++round) {
    const std::string pool = round % 2 == 0 ? ttl_mode(kLongTtl) : kCacheAll;
    CHECK(comes_to_be_cached(client, {"GET", key_of_shard(0)}, a.port(), "get"));
    REQUIRE(proxy.reload(options(round, pool)));
    REQUIRE(proxy.reload(options(round + 1, pool)));
  }
}

TEST_CASE("hot keys: a shard that goes while the mode changes is left alone") {
  RedisServer old_one;
  const RedisServer new_one;
  const auto options = [](const RedisServer& server, const std::string& pool) {
    return ProxyOptions{.shards = {{"a", server.address()}},
                        .pool = {pool, "timeouts: { request: 300ms }"},
                        .workers = 1};
  };
  ProxyProcess proxy(options(old_one, kCacheAll));
  RespClient client = proxy.client();
  REQUIRE(comes_to_be_cached(client, {"GET", "k"}, old_one.port(), "get"));
  old_one.suspend();
  CHECK(client.call({"SET", "k", "v"}).is_error());  // what it has to answer keeps it
  REQUIRE(proxy.reload(options(new_one, ttl_mode(kLongTtl))));
  RespClient other = proxy.client();
  REQUIRE(comes_to_be_cached(other, {"GET", "k"}, new_one.port(), "get"));
  old_one.resume();
  CHECK(eventually([&] {
    const std::string list = RespClient(old_one.port()).call({"CLIENT", "LIST"}).text;
    return std::ranges::count(list, '\n') == 1;
  }));
}

}  // namespace slotway::tests
