// The admin API: what becomes of commands on a key.

#include <algorithm>

#include "tests/e2e/api.h"
#include "tests/e2e/hot_keys.h"
#include "tests/e2e/replicas.h"

namespace slotway::tests {

namespace {

Json route(const ProxyProcess& proxy, const std::string& key) {
  return api_get(proxy, "route?key=" + key);
}

}  // namespace

TEST_CASE("api: route: the slot and the shard of a key") {
  const Served<RedisShards> served;
  for (size_t i = 0; i < 30; ++i) {
    const std::string key = key_of_shard(i % 3, i);
    const Json json = route(served.proxy, key);
    CHECK(json["key"] == key);
    CHECK(json["hash_tag"].is_null());
    CHECK(json["slot"] == wire::slot_of_key(key));
    CHECK(json["shard"] == kShardNames[i % 3]);
    CHECK(json["address"] == served.shards.servers[i % 3].address());
    CHECK(json["state"] == "up");
    CHECK(json["reads_go_to"] == Json::array({served.shards.servers[i % 3].address()}));
    CHECK(json["hot"] == false);
    CHECK(json["cached"] == false);
    CHECK(json["why"] == "not hot");
  }
  const Json tagged = route(served.proxy, "a%7Buser%7D%3A1");
  CHECK(tagged["key"] == "a{user}:1");
  CHECK(tagged["hash_tag"] == "user");
  CHECK(tagged["slot"] == wire::slot_of_key("user"));
  CHECK(route(served.proxy, "%FF%00")["key"] == "\\xff\\x00");
  CHECK(route(served.proxy, "%FF%00")["slot"] == wire::slot_of_key({"\xff\0", 2}));
  CHECK(route(served.proxy, "")["slot"] == 0);
}

TEST_CASE("api: route: a slot that no shard serves") {
  const RedisServer redis;
  const ProxyProcess proxy({.shards = {{"a", redis.address(), "0"}}, .pool = {"allow_gaps: true"}});
  const Json json = route(proxy, "a");
  CHECK(json["shard"].is_null());
  CHECK(json["address"].is_null());
  CHECK(json["state"].is_null());
  CHECK(json["reads_go_to"].empty());
  CHECK(json["why"] == "no shard serves its slot");
}

TEST_CASE("api: route: where reads go") {
  Labelled labelled(2);
  const std::string primary = labelled.primary.address();
  const std::vector<std::string> both = {labelled.replicas[0].address(),
                                         labelled.replicas[1].address()};
  const Json json = route(*labelled.proxy, "where");
  CHECK(json["replicas"] == both);
  CHECK(json["read_from"] == "prefer_replica");
  CHECK(json["reads_go_to"] == both);
  labelled.replicas[0].kill();
  CHECK(eventually(
      [&] { return route(*labelled.proxy, "where")["reads_go_to"] == Json::array({both[1]}); }));
  labelled.replicas[1].kill();
  CHECK(eventually(
      [&] { return route(*labelled.proxy, "where")["reads_go_to"] == Json::array({primary}); }));
  const std::string goes_to = labelled.proxy->client().call({"GET", "where"}).text;
  CHECK(goes_to == "primary");
}

TEST_CASE("api: route: cached or not, and why") {
  const Cached<RedisServer> cached(
      2, {"hot_keys: { report: { rate: 1 }, cache: { max_reply: 1KiB }, rules: [ "
          "{ match: \"always:*\", cache: always }, { match: \"never:*\", cache: never } ] }"});
  const ProxyProcess& proxy = cached.proxy;
  RespClient client = proxy.client();
  CHECK(route(proxy, "rose")["why"] == "not hot");
  CHECK(route(proxy, "never:a")["why"] == "rule 2 ('never:*') says never");
  CHECK(route(proxy, "always:a")["why"] ==
        "rule 1 ('always:*') says always, but it has not been read yet");

  REQUIRE(comes_to_be_cached(client, "always:a", cached));
  CHECK(route(proxy, "always:a")["cached"] == true);
  CHECK(route(proxy, "always:a")["why"] == "cached");
  CHECK(client.call({"SET", "always:a", "y"}).text == "OK");
  CHECK(route(proxy, "always:a")["cached"] == false);
  CHECK(route(proxy, "always:a")["why"] == "it has changed, or is new: the next read fetches it");

  CHECK(client.call({"SET", "always:large", std::string(2000, 'x')}).text == "OK");
  CHECK(eventually([&] {
    client.call({"GET", "always:large"});
    return route(proxy, "always:large")["why"] ==
           "its value is larger than max_reply: 2009 bytes of 1024";
  }));

  CHECK(http_post(proxy.admin_port(), "/api/v1/hotkeys/pin?pattern=pin%2A").status == 200);
  CHECK(route(proxy, "pinned")["why"] ==
        "the pinned pattern 'pin*' says always, but it has not been read yet");

  // Hot by reads, and by writes.
  CHECK(eventually([&] {
    make_hot(proxy, "rose");
    const Json rose = route(proxy, "rose");
    return rose["hot"] == true && rose["cached"] == true && rose["why"] == "cached";
  }));
  CHECK(eventually([&] {
    std::string writes;
    for (int i = 0; i < 300; ++i) writes += encode_request({"SET", "thorn", "x"});
    client.exchange(writes, 300);
    const Json thorn = route(proxy, "thorn");
    return thorn["hot"] == true && thorn["why"] == "hot, but not by reads that can be cached";
  }));
}

TEST_CASE("api: route: with redact_keys a pinned pattern is told by its hash, as in the report") {
  const Cached<RedisServer> cached(1, {"hot_keys: { detect: true, redact_keys: true }"});
  CHECK(http_post(cached.proxy.admin_port(), "/api/v1/hotkeys/pin?pattern=patient%2A").status ==
        200);
  const Json pinned = api_get(cached.proxy, "hotkeys")["pools"][0]["pinned"][0];
  CHECK(pinned["encoding"] == "hash");
  const std::string why = route(cached.proxy, "patient7")["why"];
  CHECK(why == "the pinned pattern '" + pinned["pattern"].get<std::string>() +
                   "' says always, but it has not been read yet");
}

TEST_CASE("api: route: what switches the cache off") {
  const Cached<RedisServer> cached(1, {kAllHot});
  CHECK(route(cached.proxy, "a")["why"] == "the cache is off");
  const Cached<RedisServer> blind(1, {"hot_keys: { detect: false }"});
  CHECK(route(blind.proxy, "a")["why"] == "hot_keys.detect is false");
}

}  // namespace slotway::tests
