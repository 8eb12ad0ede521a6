// The CONFIG family: settings of the proxy, and of its shards.

#include <doctest/doctest.h>

#include "tests/e2e/conversation.h"
#include "tests/e2e/shards.h"
#include "tests/support/temp_dir.h"

namespace slotway::tests {

namespace {

std::string value_at(const RedisServer& server, const std::string& name) {
  return RespClient(server.port()).call({"CONFIG", "GET", name}).find(name)->text;
}

}  // namespace

TEST_CASE("CONFIG SET of what only shards have changes all shards") {
  Served<RedisShards> served;
  for (const int protocol : {2, 3}) {
    RespClient client(served.proxy.port(), protocol);
    const std::string hz = protocol == 2 ? "20" : "30";
    CHECK(client.call({"CONFIG", "SET", "hz", hz, "maxmemory-policy", "allkeys-lru"}).to_string() ==
          "+OK");
    for (const RedisServer& server : served.shards.servers) {
      CHECK(value_at(server, "hz") == hz);
      CHECK(value_at(server, "maxmemory-policy") == "allkeys-lru");
    }
    CHECK(client.call({"CONFIG", "GET", "hz"}).find("hz")->text == hz);
  }
}

TEST_CASE("CONFIG GET is answered as by a redis-server, where the shards are of that kind") {
  const RedisServer redis;
  Served<RedisShards> served;
  for (const int protocol : {2, 3}) {
    RespClient wanted(redis.port(), protocol);
    RespClient client(served.proxy.port(), protocol);
    check_same(client, wanted,
               {
                   {"CONFIG", "GET", "save"},
                   {"CONFIG", "GET", "appendonly"},
                   {"CONFIG", "GET", "DataBases"},
                   {"CONFIG", "GET", "nosuch"},
                   {"CONFIG", "GET", "list-max-listpack-s*"},
                   {"CONFIG", "GET", "Timeout"},
                   {"CONFIG", "SET", "hz"},
                   {"CONFIG", "SET", "hz", "20", "timeout"},
                   {"CONFIG", "RESETSTAT"},
                   {"CONFIG", "NOSUCH"},
               });
    const RespValue all = client.call({"CONFIG", "GET", "*"});
    CHECK(all.type == (protocol == 2 ? '*' : '%'));
    CHECK(all.items.size() > 200);
    CHECK(all.find("maxclients")->text == "10000");
    CHECK(all.find("hz") != nullptr);
  }
}

TEST_CASE("CONFIG GET knows own settings and those of a shard in one call") {
  Served<EmbeddedShards> served;
  RespClient client = served.proxy.client();
  CHECK(client.call({"CONFIG", "GET", "hz", "maxclients"}).to_string() ==
        "*4[$maxclients $10000 $hz $10]");
}

TEST_CASE("what shards and proxy share is neither shown nor changed") {
  const TempDir files;
  const RedisServer server({"--requirepass", "secret"});
  const ProxyProcess proxy(
      {.shards = {{"a", server.address()}},
       .pool = {"upstream: { password_file: " + files.write("password", "secret") + " }"}});
  RespClient client = proxy.client();
  CHECK(client.call({"CONFIG", "GET", "requirepass"}).to_string() == "*0[]");
  CHECK(client.call({"CONFIG", "GET", "RequirePass", "port"}).to_string() == "*0[]");
  CHECK(client.call({"CONFIG", "GET", "*"}).find("requirepass") == nullptr);
  CHECK(client.call({"CONFIG", "SET", "RequirePass", "x"}).text ==
        "ERR CONFIG SET failed (possibly related to argument 'RequirePass') - the proxy's own "
        "connections to the shards rest on it");
}

TEST_CASE("the admin token of a store is shown to nobody, neither by it nor through the proxy") {
  const TempDir files;
  const StoreProcess store({"--config", files.write("store.conf", "admin-token hush-hush\n")});
  const ProxyProcess proxy({.shards = {{"a", store.address()}}});
  for (const uint16_t port : {store.port(), proxy.port()}) {
    RespClient client(port);
    for (const char* pattern : {"admin-token", "Admin-Token", "admin-t*", "*token", "*"}) {
      const RespValue found = client.call({"CONFIG", "GET", pattern, "maxclients"});
      CAPTURE(pattern);
      CHECK(found.find("maxclients") != nullptr);
      CHECK(found.to_string().find("oken") == std::string::npos);
      CHECK(found.to_string().find("hush") == std::string::npos);
    }
    CHECK(client.call({"CONFIG", "SET", "admin-token", "another-one"}).is_error());
  }
  CHECK(proxy.client().call({"CONFIG", "SET", "Admin-Token", "x"}).text ==
        "ERR CONFIG SET failed (possibly related to argument 'Admin-Token') - the proxy's own "
        "connections to the shards rest on it");
}

TEST_CASE("CONFIG SET names what it cannot change, and what all shards refuse is said as by one") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  CHECK(client.call({"CONFIG", "SET", "hz", "50", "maxclients", "1"}).text ==
        "ERR CONFIG SET failed (possibly related to argument 'maxclients') - it stands in the "
        "configuration file of the proxy");
  for (const RedisServer& server : served.shards.servers) CHECK(value_at(server, "hz") == "10");
  RespClient wanted(served.shards.servers.front().port());
  check_same(client, wanted, {{"CONFIG", "SET", "nosuch", "1"}, {"CONFIG", "REWRITE"}});
}

TEST_CASE("CONFIG RESETSTAT resets the shards and leaves the proxy's own counters") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  for (size_t shard = 0; shard < kShards; ++shard) {
    CHECK(client.call({"GET", key_of_shard(shard)}).null);
  }
  CHECK(client.call({"CONFIG", "RESETSTAT"}).text == "OK");
  for (const RedisServer& server : served.shards.servers) {
    const std::string stats = RespClient(server.port()).call({"INFO", "stats"}).text;
    CHECK(stats.find("keyspace_misses:0\r\n") != std::string::npos);
  }
  CHECK(served.proxy.metric("slotway_requests_total", "command=\"get\"") == 3);
  CHECK(client.call({"CONFIG", "HELP"}).type == '*');
}

}  // namespace slotway::tests
