// The pages of hot keys of the admin API.

#include <doctest/doctest.h>

#include "tests/e2e/api.h"
#include "tests/e2e/hot_keys.h"

namespace slotway::tests {

namespace {

// The first pool of the page, or null.
Json pool_of(const ProxyProcess& proxy, const std::string& query = "") {
  const Json page = api_get(proxy, "hotkeys" + query);
  return page["pools"].empty() ? Json() : page["pools"][0];
}

}  // namespace

TEST_CASE("admin: the report of hot keys") {
  const Cached cached(2, {kAllHot});
  CHECK(pool_of(cached.proxy)["keys"].empty());
  Json pool;
  REQUIRE(eventually([&] {
    make_hot(cached.proxy, "rose");
    make_hot(cached.proxy, "\xff");
    make_hot(cached.proxy, "rose");
    pool = pool_of(cached.proxy);
    return pool["keys"].size() == 2 && pool["keys"][0]["key"] == "rose" &&
           pool["keys"][0]["requests_per_second"] > 0;
  }));
  CHECK(pool["pool"] == "main");
  CHECK(pool["requests_per_second"] > 0);
  CHECK(pool["keys"][0]["by"] == Json::array({"requests"}));
  CHECK(pool["keys"][0]["shard"] == "a");
  CHECK(pool["keys"][1]["key"] == "/w==");
  CHECK(pool_of(cached.proxy, "?count=1&pool=main")["keys"].size() == 1);
}

TEST_CASE_TEMPLATE("admin: patterns are pinned and taken back, on all workers", Server,
                   EVERY_TRACKER) {
  const Cached<Server> cached(4, {"hot_keys: { detect: true }"});
  const auto posted = [&](const std::string& path) {
    return api_post_error(cached.proxy, "hotkeys/" + path);
  };
  CHECK(posted("pin?pattern=a+%2A") == "200 {\"changed\":1}\n");
  CHECK(posted("pin?pattern=a%20*&pool=main") == "200 {\"changed\":0}\n");
  for (RespClient& each : clients_of(cached.proxy)) CHECK(comes_to_be_cached(each, "a b", cached));
  CHECK(pool_of(cached.proxy)["pinned"] == Json::parse(R"([{"pattern":"a *","encoding":"utf8"}])"));
  CHECK(posted("unpin?pattern=a%20*") == "200 {\"changed\":1}\n");
  CHECK(posted("unpin?pattern=a%20*") == "404 the pattern is not pinned");
  CHECK(pool_of(cached.proxy)["pinned"].empty());
  CHECK(posted("pin") == "400 expected pattern=, a pattern of keys");
  CHECK(posted("pin?pattern=") == "400 a pattern has 1 to 1024 bytes");
  CHECK(posted("pin?pattern=" + std::string(2000, 'a')).starts_with("400 "));
  CHECK(posted("pin?pattern=a&pool=none") ==
        "404 pool: there is none of that name, expected one of main");
  CHECK(posted("pin?patterns=a") == "400 unknown parameter; expected one of pool, pattern");
  CHECK(posted("none").starts_with("404 "));
  CHECK(http_get(cached.proxy.admin_port(), "/api/v1/hotkeys/pin?pattern=b").status == 405);
  CHECK(http_post(cached.proxy.admin_port(), "/api/v1/hotkeys").status == 405);
  CHECK(pool_of(cached.proxy)["pinned"].empty());
}

TEST_CASE("admin: a reset forgets which keys are hot") {
  const Cached cached(4, {kAllHot});
  make_hot(cached.proxy, "rose");
  REQUIRE(eventually([&] { return !pool_of(cached.proxy)["keys"].empty(); }));
  RespClient client = cached.proxy.client();
  client.request({"SUBSCRIBE", "__slotway__:hotkeys"});
  client.receive();
  CHECK(Json::parse(client.receive().items.at(2).text)["event"] == "hot");
  CHECK(http_post(cached.proxy.admin_port(), "/api/v1/hotkeys/reset").body == "{\"changed\":1}\n");
  CHECK(Json::parse(client.receive().items.at(2).text)["event"] == "cool");
  CHECK(eventually([&] { return pool_of(cached.proxy)["keys"].empty(); }));
}

}  // namespace slotway::tests
