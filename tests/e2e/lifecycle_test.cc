// Reloads, the end of the proxy, and its operators' port.

#include <doctest/doctest.h>
#include <signal.h>

#include "tests/e2e/load.h"
#include "tests/e2e/servers.h"
#include "tests/support/fake_backend.h"
#include "tests/support/http.h"

namespace slotway::tests {

TEST_CASE("a bad reload is refused with the place, and the old configuration stays") {
  Served<RedisShards> served;
  Load load(served.proxy.port(), two_keys_each());
  const ProxyOptions good{.shards = served.shards.entries()};
  const std::string text = served.proxy.yaml(good);
  std::vector<std::string> bad = {"",
                                  "pools: [",
                                  text + "nonsense: 1\n",
                                  text + "    colour: red\n",
                                  "workers: many\n" + text,
                                  "log: { format: json }\n" + text};
  ProxyOptions gap = good;
  gap.shards[1].slots = "5461-10000";
  bad.push_back(served.proxy.yaml(gap));
  ProxyOptions overlap = good;
  overlap.shards[1].slots = "5460-10922";
  bad.push_back(served.proxy.yaml(overlap));
  ProxyOptions workers = good;
  workers.workers = 3;
  bad.push_back(served.proxy.yaml(workers));
  for (const std::string& yaml : bad) {
    CAPTURE(yaml);
    CHECK(!served.proxy.reload_text(yaml));
  }
  const std::string log = served.proxy.process().output();
  CHECK(log.find("slotway.yaml:") != std::string::npos);
  CHECK(served.proxy.metric("slotway_config_reloads_total", "result=\"refused\"") ==
        static_cast<double>(bad.size()));
  CHECK(served.proxy.metric("slotway_config_reloads_total", "result=\"applied\"") == 0);
  REQUIRE(load.goes_on());
  for (const Seen& seen : load.finish()) {
    CHECK(seen.wrong == "");
    CHECK(seen.errors == 0);
  }
  CHECK(served.proxy.reload(good));
  CHECK(served.proxy.metric("slotway_config_reloads_total", "result=\"applied\"") == 1);
}

TEST_CASE("a reload changes limits and timeouts, and keeps the connections") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  CHECK(client.call({"CONFIG", "GET", "maxclients"}).items.at(1).text == "10000");
  CHECK(served.proxy.reload({.shards = served.shards.entries(),
                             .pool = {"limits: { clients: 1 }", "timeouts: { request: 200ms }"}}));
  CHECK(client.call({"CONFIG", "GET", "maxclients"}).items.at(1).text == "1");
  CHECK(served.proxy.client().receive_until_end().starts_with("-ERR max number of clients"));
  served.shards.servers[0].suspend();
  CHECK(client.call({"GET", key_of_shard(0)}).text.find("200 ms") != std::string::npos);
  served.shards.servers[0].resume();
  CHECK(served.proxy.metric("slotway_shard_reconnects_total") == 0);
}

TEST_CASE("an embedded shard with keys gives no slots away") {
  Served<EmbeddedShards> served;
  RespClient client = served.proxy.client();
  std::vector<ShardEntry> two = {{"a", "embedded", "0-8000"}, {"b", "embedded", "8001-16383"}};
  CHECK(client.call({"SET", key_of_shard(2), "x"}).text == "OK");
  CHECK(!served.proxy.reload({.shards = two}));
  CHECK(client.call({"GET", key_of_shard(2)}).text == "x");
  CHECK(client.call({"DEL", key_of_shard(2)}).integer() == 1);
  CHECK(served.proxy.reload({.shards = two}));
  CHECK(client.call({"SET", key_of_shard(2), "y"}).text == "OK");
  CHECK(client.call({"DBSIZE"}).integer() == 1);
}

TEST_CASE("SIGTERM lets what is in flight end and exits with 0") {
  Served<RedisShards> served({"timeouts: { request: 20s, stall: 20s }"});
  RespClient client = served.proxy.client();
  RespClient idle = served.proxy.client();
  CHECK(idle.call({"PING"}).text == "PONG");
  served.shards.servers[1].suspend();
  std::string bytes;
  for (int i = 0; i < 100; ++i) bytes += encode_request({"INCR", key_of_shard(1)});
  client.send(bytes);
  // Some are in flight, and the rest waits in the proxy.
  REQUIRE(served.proxy.metric_reaches(10, "slotway_shard_in_flight_requests"));
  served.proxy.process().signal(SIGTERM);
  CHECK(idle.closed());
  CHECK(http_get(served.proxy.admin_port(), "/readyz").status == 503);
  CHECK(served.proxy.process().running());
  CHECK_THROWS(served.proxy.client().call({"PING"}));  // nobody is taken on any more
  served.shards.servers[1].resume();
  for (int i = 1; i <= 100; ++i) REQUIRE(client.receive().integer() == i);
  CHECK(client.closed());
  CHECK(served.proxy.process().wait_exit() == 0);
  served.proxy.expect_no_more();
}

TEST_CASE_TEMPLATE("SIGTERM under load ends every connection behind a whole reply", Shards,
                   EVERY_KIND) {
  Served<Shards> served;
  Load load(served.proxy.port(), two_keys_each(), 50);
  REQUIRE(load.goes_on(500));
  load.expect_end();
  CHECK(served.proxy.stop() == 0);
  for (const Seen& seen : load.finish()) {
    CHECK(seen.wrong == "");
    CHECK(seen.errors == 0);
    CHECK(seen.counted >= 500);
  }
}

TEST_CASE("a second SIGTERM forces the end") {
  Served<RedisShards> served({"timeouts: { request: 20s, stall: 20s }"});
  RespClient client = served.proxy.client();
  served.shards.servers[1].suspend();
  client.request({"INCR", key_of_shard(1)});
  REQUIRE(served.proxy.metric_reaches(1, "slotway_shard_in_flight_requests"));
  served.proxy.process().signal(SIGTERM);
  CHECK(!served.proxy.process().wait_exit(milliseconds(300)));
  served.proxy.process().signal(SIGTERM);
  CHECK(served.proxy.process().wait_exit(patience(milliseconds(1000))));
  served.proxy.expect_no_more();
}

TEST_CASE("SIGTERM with nobody connected ends at once") {
  for (const bool reachable : {true, false}) {
    const FullListener full;
    const RedisServer redis;
    ProxyProcess proxy({.shards = {{"a", reachable ? redis.address() : full.address()}},
                        .wait_for_shards = reachable});
    const auto begin = Clock::now();
    CHECK(proxy.stop() == 0);
    CHECK(Clock::now() - begin < patience(milliseconds(1500)));
  }
}

TEST_CASE("operators' clients that hang do not matter to anybody") {
  Served<RedisShards> served;
  std::vector<Socket> hanging;
  for (int i = 0; i < 10; ++i) {
    hanging.push_back(Socket::connect(served.proxy.admin_port()));
    hanging.back().send("GET /metrics HT");
  }
  Load load(served.proxy.port(), two_keys_each());
  for (int i = 0; i < 5; ++i) {
    CHECK(served.proxy.metric_reaches(6, "slotway_client_connections"));
    CHECK(http_get(served.proxy.admin_port(), "/healthz").status == 200);
    REQUIRE(load.goes_on(200));
  }
  for (const Seen& seen : load.finish()) CHECK(seen.wrong == "");
}

TEST_CASE("readiness follows the shards") {
  Served<RedisShards> served;
  const uint16_t port = served.proxy.admin_port();
  CHECK(http_get(port, "/readyz").status == 200);
  served.shards.servers[2].kill();
  CHECK(eventually([&] { return http_get(port, "/readyz").status == 503; }));
  CHECK(http_get(port, "/readyz").body.find("main/c") != std::string::npos);
  CHECK(http_get(port, "/healthz").status == 200);
  served.shards.servers[2].start();
  CHECK(eventually([&] { return http_get(port, "/readyz").status == 200; }));
  CHECK(http_get(port, "/nosuch").status == 404);
}

}  // namespace slotway::tests
