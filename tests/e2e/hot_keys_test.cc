// Keys that the proxy answers from its cache: whose, with which bytes, and what is never cached.

#include "tests/e2e/hot_keys.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <type_traits>

#include "tests/e2e/conversation.h"
#include "wire/command_table.h"

namespace slotway::tests {

namespace {

const std::vector<Command> kEveryType = {
    {"SET", "string", "12345"},
    {"SET", "large", std::string(200'000, 'x')},
    {"SET", "with ttl", "v", "EX", "1000"},
    {"EXPIREAT", "with ttl", "33177117420"},
    {"RPUSH", "list", "a", "b", "a", "c"},
    {"HSET", "hash", "f", "v", "n", "1"},
    {"SADD", "set", "1", "2", "3"},
    {"ZADD", "zset", "1", "a", "1.5", "b", "inf", "c", "1e100", "d"},
    {"XADD", "stream", "1-1", "f", "v"},
    {"XADD", "stream", "2-1", "f", "v", "g", "w"},
    {"GEOADD", "geo", "13.361389", "38.115556", "Palermo", "15.087269", "37.502669", "Catania"},
};

// What is asked of each command, by its name in the table; key by key below.
const std::multimap<std::string, Command> kArguments = {
    {"bitcount", {}},
    {"bitcount", {"0", "-1", "BIT"}},
    {"bitfield_ro", {"GET", "u8", "0"}},
    {"bitpos", {"1"}},
    {"getbit", {"3"}},
    {"expiretime", {}},
    {"pexpiretime", {}},
    {"type", {}},
    {"geodist", {"Palermo", "Catania", "km"}},
    {"geodist", {"Palermo", "nobody"}},
    {"geohash", {"Palermo", "nobody"}},
    {"geopos", {"Palermo", "nobody", "Catania"}},
    {"georadius_ro", {"15", "37", "200", "km", "WITHDIST", "WITHCOORD", "WITHHASH", "ASC"}},
    {"georadius_ro", {"15", "37", "200", "km", "WITHDIST"}},
    {"georadiusbymember_ro", {"Palermo", "200", "km", "WITHCOORD"}},
    {"geosearch", {"FROMLONLAT", "15", "37", "BYRADIUS", "200", "km", "ASC", "WITHCOORD"}},
    {"geosearch", {"FROMLONLAT", "15", "37", "BYRADIUS", "200", "km", "ASC"}},
    {"hexists", {"f"}},
    {"hget", {"f"}},
    {"hget", {"none"}},
    {"hgetall", {}},
    {"hkeys", {}},
    {"hlen", {}},
    {"hmget", {"f", "none", "n"}},
    {"hstrlen", {"f"}},
    {"hvals", {}},
    {"lindex", {"1"}},
    {"lindex", {"100"}},
    {"llen", {}},
    {"lpos", {"a"}},
    {"lpos", {"none"}},
    {"lpos", {"a", "COUNT", "0"}},
    {"lrange", {"0", "-1"}},
    {"scard", {}},
    {"sismember", {"1"}},
    {"smembers", {}},
    {"smismember", {"1", "none"}},
    {"zcard", {}},
    {"zcount", {"-inf", "+inf"}},
    {"zlexcount", {"-", "+"}},
    {"zmscore", {"a", "none", "c"}},
    {"zrange", {"0", "-1"}},
    {"zrange", {"0", "-1", "WITHSCORES"}},
    {"zrange", {"5", "9", "WITHSCORES"}},
    {"zrangebylex", {"-", "+"}},
    {"zrangebyscore", {"-inf", "+inf", "WITHSCORES", "LIMIT", "1", "2"}},
    {"zrank", {"b"}},
    {"zrank", {"none"}},
    {"zrevrange", {"0", "1", "WITHSCORES"}},
    {"zrevrangebylex", {"+", "-"}},
    {"zrevrangebyscore", {"+inf", "-inf", "WITHSCORES"}},
    {"zrevrank", {"b"}},
    {"zscore", {"b"}},
    {"zscore", {"c"}},
    {"zscore", {"none"}},
    {"xlen", {}},
    {"xrange", {"-", "+"}},
    {"xrevrange", {"+", "-", "COUNT", "1"}},
    {"get", {}},
    {"getrange", {"1", "3"}},
    {"strlen", {}},
    {"substr", {"1", "3"}},
};

}  // namespace

TEST_CASE_TEMPLATE("hot keys: every cached command is answered as by redis-server, byte for byte",
                   Server, EVERY_TRACKER) {
  const RedisServer redis;
  const Cached<Server> cached(4);
  RespClient direct = cached.direct();
  RespClient reference(redis.port());
  // A slotway-store has no streams yet.
  const bool has_streams = std::is_same_v<Server, RedisServer>;
  for (const Command& command : kEveryType) {
    if (command[0] == "XADD" && !has_streams) continue;
    for (RespClient* const client : {&direct, &reference}) {
      REQUIRE(!client->call(command).is_error());
    }
  }
  // Those to which the answer is an error are asked, too.
  const std::vector<std::string> keys = {"string", "list", "hash", "set",   "zset",
                                         "stream", "geo",  "none", "large", "with ttl"};
  std::vector<Command> commands;
  for (const wire::Command& command : wire::all_commands()) {
    if (!command.cacheable) continue;
    if (command.spec->group == wire::Group::kStream && !has_streams) continue;
    const auto [begin, end] = kArguments.equal_range(command.full_name);
    CAPTURE(command.full_name);
    CHECK(begin != end);
    for (auto each = begin; each != end; ++each) {
      for (const std::string& key : keys) {
        Command whole = {command.full_name, key};
        whole.insert(whole.end(), each->second.begin(), each->second.end());
        commands.push_back(std::move(whole));
      }
    }
  }
  // One of each protocol fetches what the other is served, at last all is served from the cache.
  for (const int version : {3, 2, 3, 2, 2, 3}) {
    CAPTURE(version);
    RespClient client(cached.proxy.port(), version);
    RespClient wanted(redis.port(), version);
    for (const Command& command : commands) {
      CAPTURE(encode_request(command).substr(0, 200));
      client.request(command);
      wanted.request(command);
      CHECK(client.receive_raw() == wanted.receive_raw());
    }
  }
}

TEST_CASE_TEMPLATE("hot keys: what is cached is not asked of the shard", Server, EVERY_TRACKER) {
  for (const unsigned workers : {1u, 4u}) {
    CAPTURE(workers);
    Cached<Server> cached(workers);
    std::vector<RespClient> clients = clients_of(cached.proxy);
    cached.direct().call({"SET", "k", "v"});
    for (RespClient& client : clients) {
      REQUIRE(comes_to_be_cached(client, "k", cached));
      REQUIRE(comes_to_be_cached(client, "nil", cached));
    }
    const int64_t before = cached.calls("get");
    for (int i = 0; i < 100; ++i) {
      for (RespClient& client : clients) {
        CHECK(client.call({"GET", "k"}).text == "v");
        CHECK(client.call({"GET", "nil"}).null);
      }
    }
    // One that is read a thousand times is asked for again.
    CHECK(cached.calls("get") - before <= 4);
  }
}

TEST_CASE_TEMPLATE("hot keys: what is not to be cached is not", Server, EVERY_TRACKER) {
  Cached<Server> cached(
      4, {"hot_keys: { detect: true, cache: { max_reply: 100 }, rules: [ "
          "{ match: \"never:*\", cache: never }, { match: \"*\", cache: always } ] }"});
  RespClient client = cached.proxy.client();
  const auto is_asked = [&](const Command& command, const std::string& name) {
    for (int i = 0; i < 20; ++i) client.call(command);
    const int64_t before = cached.calls(name);
    for (int i = 0; i < 20; ++i) client.call(command);
    return cached.calls(name) - before >= 20;
  };
  client.call({"SET", "never:k", "v"});
  client.call({"SET", "large", std::string(101, 'x')});
  client.call({"RPUSH", "list", "a"});
  CHECK(is_asked({"GET", "never:k"}, "get"));
  CHECK(is_asked({"GET", "large"}, "get"));
  CHECK(is_asked({"GET", "list"}, "get"));  // WRONGTYPE
  CHECK(is_asked({"TTL", "list"}, "ttl"));
  CHECK(is_asked({"SRANDMEMBER", "set"}, "srandmember"));
  CHECK(comes_to_be_cached(client, {"LRANGE", "list", "0", "-1"}, cached.shard.port(), "lrange"));
}

TEST_CASE("hot keys: with detect: false nothing is cached and no connection is opened for it") {
  Cached cached(4, {"hot_keys: { detect: false, rules: [ { match: \"*\", cache: always } ] }"});
  RespClient client = cached.proxy.client();
  for (int i = 0; i < 50; ++i) CHECK(client.call({"GET", "k"}).null);
  CHECK(cached.calls("get") == 50);
  CHECK(cached.calls("client|tracking") == 0);
}

TEST_CASE("hot keys: a reload that forbids the cache is obeyed at once") {
  for (const std::string pool :
       {"hot_keys: { detect: false }", "hot_keys: { detect: true, cache: { mode: off } }",
        "hot_keys: { detect: true, rules: [ { match: \"*\", cache: never } ] }"}) {
    CAPTURE(pool);
    Cached cached(4);
    RespClient client = cached.proxy.client();
    client.call({"SET", "k", "1"});
    REQUIRE(comes_to_be_cached(client, "k", cached));
    REQUIRE(cached.proxy.reload(
        {.shards = {{"a", cached.shard.address()}}, .pool = {pool}, .workers = 4}));
    const int64_t before = cached.calls("get");
    for (int i = 0; i < 50; ++i) client.call({"GET", "k"});
    CHECK(cached.calls("get") == before + 50);
  }
}

// Workers hear of it one after the other: what one of them asks for by the old rules comes to an
// owner that has the new ones.
TEST_CASE("hot keys: a reload that forbids the cache holds for keys that are just being admitted") {
  Cached cached(4);
  std::string bytes;
  constexpr size_t kKeys = 200;
  for (size_t i = 0; i < kKeys; ++i) bytes += encode_request({"GET", "k" + std::to_string(i)});
  std::atomic<bool> stop{false};
  std::vector<RespClient> clients = clients_of(cached.proxy);
  std::vector<std::future<void>> readers;
  for (RespClient& client : clients) {
    readers.push_back(std::async(std::launch::async, [&] {
      while (!stop) client.exchange(bytes, kKeys);
    }));
  }
  const auto reload = [&](const std::string& pool) {
    return cached.proxy.reload(
        {.shards = {{"a", cached.shard.address()}}, .pool = {pool}, .workers = 4});
  };
  const auto keys = [&] { return cached.proxy.metric("slotway_cache_keys"); };
  for (int i = 0; i < 20; ++i) {
    CHECK(eventually([&] { return keys() > 0; }));
    CHECK(reload("hot_keys: { detect: true, rules: [ { match: \"*\", cache: never } ] }"));
    const bool is_obeyed = eventually([&] { return keys() == 0; });
    CHECK(is_obeyed);
    CHECK(reload(kCacheAll));
    if (!is_obeyed) break;
  }
  stop = true;
}

TEST_CASE("hot keys: when the memory is full, keys that are read far less give way") {
  Cached cached(1, {"hot_keys: { cache: { memory: 1MiB } }"});
  RespClient client = cached.proxy.client();
  std::vector<std::string> cold;
  for (int i = 0; i < 17; ++i) cold.push_back("cold" + std::to_string(i));  // 1,020 kB
  for (const std::string& key : cold) client.call({"SET", key, std::string(60'000, 'x')});
  client.call({"SET", "hot", std::string(60'000, 'x')});
  for (const std::string& key : cold) {
    REQUIRE(eventually([&] {
      for (int i = 0; i < 100; ++i) client.call({"GET", key});
      return comes_to_be_cached(client, key, cached);
    }));
  }
  CHECK(eventually([&] {
    for (const std::string& key : cold) client.call({"GET", key});
    for (int i = 0; i < 50; ++i) client.call({"GET", "hot"});
    const int64_t before = cached.calls("get");
    for (int i = 0; i < 3; ++i) client.call({"GET", "hot"});
    return cached.calls("get") == before;
  }));
  CHECK(cached.proxy.metric("slotway_cache_bytes") <= 1 << 20);
}

TEST_CASE("hot keys: none give way to what would not fit even then") {
  Cached cached(1, {"hot_keys: { cache: { memory: 1MiB, max_reply: 2MiB } }"});
  RespClient client = cached.proxy.client();
  std::vector<std::string> cold;
  for (int i = 0; i < 10; ++i) cold.push_back("cold" + std::to_string(i));  // 600 kB
  for (const std::string& key : cold) client.call({"SET", key, std::string(60'000, 'x')});
  client.call({"SET", "huge", std::string(1'200'000, 'x')});
  for (const std::string& key : cold) {
    REQUIRE(eventually([&] {
      for (int i = 0; i < 100; ++i) client.call({"GET", key});
      return comes_to_be_cached(client, key, cached);
    }));
  }
  const auto evicted = [&](const std::string& reason) {
    return cached.proxy.metric("slotway_cache_keys_evicted_total", "reason=\"" + reason + "\"");
  };
  // It is admitted, fetched, not kept, and pauses.
  double least = 600'000;
  const double before = evicted("written");
  REQUIRE(eventually([&] {
    for (const std::string& key : cold) client.call({"GET", key});
    for (int i = 0; i < 40; ++i) client.call({"GET", "huge"});
    least = std::min(least, cached.proxy.metric("slotway_cache_bytes"));
    return evicted("written") >= before + 2;
  }));
  // On a machine so slow that some were not read for long, those have left by themselves.
  CHECK(least >= 600'000 - 60'300 * evicted("idle"));
}

TEST_CASE("hot keys: a command that the shard refuses ends the cache for no other") {
  Cached cached(1);
  REQUIRE(cached.direct().call({"ACL", "SETUSER", "default", "-strlen"}).text == "OK");
  RespClient client = cached.proxy.client();
  for (const std::string key : {"k", "l"}) REQUIRE(comes_to_be_cached(client, key, cached));
  CHECK(eventually([&] {
    for (int i = 0; i < 20; ++i) client.call({"GET", "l"});  // it is worth being cached
    const int64_t before = cached.calls("get");
    CHECK(client.call({"STRLEN", "l"}).text.starts_with("NOPERM"));
    client.call({"SET", "k", "v"});
    for (int i = 0; i < 20; ++i) CHECK(client.call({"GET", "k"}).text == "v");
    return cached.calls("get") <= before + 3;
  }));
}

TEST_CASE_TEMPLATE("hot keys: replies that a client does not want are dropped, the others come",
                   Server, EVERY_TRACKER) {
  Cached<Server> cached(1);
  RespClient client = cached.proxy.client();
  cached.direct().call({"SET", "k", "v"});
  REQUIRE(comes_to_be_cached(client, "k", cached));
  client.send(encode_request({"CLIENT", "REPLY", "SKIP"}) + encode_request({"GET", "k"}) +
              encode_request({"STRLEN", "k"}));
  CHECK(client.receive().integer() == 1);
  client.send(encode_request({"CLIENT", "REPLY", "OFF"}) + encode_request({"GET", "k"}) +
              encode_request({"GET", "new"}) + encode_request({"CLIENT", "REPLY", "ON"}) +
              encode_request({"GET", "k"}));
  CHECK(client.receive().text == "OK");
  CHECK(client.receive().text == "v");
}

TEST_CASE_TEMPLATE("hot keys: a client of tracking is told of what the cache would have served",
                   Server, EVERY_TRACKER) {
  Cached<Server> cached(4);
  RespClient client = cached.proxy.client();
  cached.direct().call({"SET", "k", "v"});
  REQUIRE(comes_to_be_cached(client, "k", cached));
  RespClient tracking(cached.proxy.port(), 3);
  REQUIRE(tracking.call({"CLIENT", "TRACKING", "ON"}).text == "OK");
  CHECK(tracking.call({"GET", "k"}).text == "v");
  cached.direct().call({"SET", "k", "w"});
  CHECK(tracking.receive().to_string() == ">2[$invalidate *1[$k]]");
}

TEST_CASE("hot keys: who may only read is served, who may not is refused") {
  const std::string hash = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
  Cached cached(4,
                {kCacheAll, "users: { app: { password_sha256: " + hash +
                                " }, reader: { password_sha256: " + hash + ", readonly: true } }"});
  RespClient app = cached.proxy.client();
  REQUIRE(app.call({"AUTH", "app", "secret"}).text == "OK");
  CHECK(app.call({"SET", "k", "v"}).text == "OK");
  REQUIRE(comes_to_be_cached(app, "k", cached));
  RespClient reader = cached.proxy.client();
  CHECK(reader.call({"GET", "k"}).text == "NOAUTH Authentication required.");
  REQUIRE(reader.call({"AUTH", "reader", "secret"}).text == "OK");
  for (int i = 0; i < 5; ++i) CHECK(reader.call({"GET", "k"}).text == "v");
  CHECK(reader.call({"SET", "k", "w"}).text.starts_with("NOPERM"));
  CHECK(reader.call({"GET", "k"}).text == "v");
}

}  // namespace slotway::tests
