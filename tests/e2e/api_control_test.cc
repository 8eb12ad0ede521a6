// The admin API: what operators tell the proxy to do, and who may.

#include <thread>

#include "tests/e2e/api.h"
#include "tests/e2e/load.h"
#include "tests/e2e/servers.h"

namespace slotway::tests {

namespace {

constexpr const char* kToken = "a-long-enough-token";

int asked_with(const ProxyProcess& proxy, const std::string& method, const std::string& path,
               const std::string& token) {
  return http_ask(proxy.admin_port(), method, path,
                  token.empty() ? "" : "Authorization: Bearer " + token + "\r\n")
      .status;
}

}  // namespace

TEST_CASE("api: a reload tells its outcome, and what is refused changes nothing") {
  Served<RedisShards> served;
  const ProxyOptions other{.shards = served.shards.entries(), .pool = {"limits: { clients: 77 }"}};
  const auto clients = [&] {
    return api_get(served.proxy, "config")["pools"]["main"]["limits"]["clients"];
  };
  CHECK(clients() == 10000);
  served.proxy.directory().write("slotway.yaml", served.proxy.yaml(other));
  const HttpReply applied = http_post(served.proxy.admin_port(), "/api/v1/reload");
  CHECK(applied.status == 200);
  CHECK(applied.body == "{\"applied\":true}\n");
  CHECK(clients() == 77);
  served.proxy.directory().write("slotway.yaml", "pools: [");
  CHECK(api_post_error(served.proxy, "reload")
            .starts_with("409 " + served.proxy.directory().file("slotway.yaml") + ":1:"));
  served.proxy.directory().write(
      "slotway.yaml",
      "workers: 9\n" + served.proxy.yaml(other).substr(served.proxy.yaml(other).find("pools:")));
  CHECK(api_post_error(served.proxy, "reload") ==
        "409 workers and the address of admin change only with a restart");
  CHECK(clients() == 77);
  CHECK(served.proxy.metric("slotway_config_reloads_total", "result=\"applied\"") == 1);
  CHECK(served.proxy.metric("slotway_config_reloads_total", "result=\"refused\"") == 2);
}

TEST_CASE("api: reloads at once are each answered") {
  Served<RedisShards> served;
  Load load(served.proxy.port(), two_keys_each());
  std::vector<std::thread> askers;
  std::atomic<int> applied{0};
  for (int i = 0; i < 8; ++i) {
    askers.emplace_back(
        [&] { applied += http_post(served.proxy.admin_port(), "/api/v1/reload").status == 200; });
  }
  for (std::thread& asker : askers) asker.join();
  CHECK(applied == 8);
  for (const Seen& seen : load.finish()) {
    CHECK(seen.wrong == "");
    CHECK(seen.errors == 0);
  }
}

TEST_CASE("api: a drain lets what is in flight end, and a second one does not hurry it") {
  Served<RedisShards> served({"timeouts: { request: 20s, stall: 20s }"});
  RespClient client = served.proxy.client();
  served.shards.servers[1].suspend();
  client.request({"INCR", key_of_shard(1)});
  REQUIRE(served.proxy.metric_reaches(1, "slotway_shard_in_flight_requests"));
  const HttpReply reply = http_post(served.proxy.admin_port(), "/api/v1/drain");
  CHECK(reply.status == 202);
  CHECK(reply.body == "{\"draining\":true}\n");
  CHECK(eventually([&] { return http_get(served.proxy.admin_port(), "/readyz").status == 503; }));
  for (const char* page : {"drain", "reload"}) {
    CHECK(api_post_error(served.proxy, page) == "503 the proxy is starting or stopping");
  }
  CHECK(api_get_error(served.proxy, "clients") == "503 the proxy is starting or stopping");
  CHECK(served.proxy.process().running());
  served.shards.servers[1].resume();
  CHECK(client.receive().integer() == 1);
  CHECK(served.proxy.process().wait_exit() == 0);
  served.proxy.expect_no_more();
}

TEST_CASE("api: the level of the log, until the next reload") {
  Served<RedisShards> served;
  const auto level = [&] { return api_get(served.proxy, "config")["log"]["level"]; };
  CHECK(level() == "info");
  CHECK(http_post(served.proxy.admin_port(), "/api/v1/log?level=debug").body ==
        "{\"level\":\"debug\"}\n");
  CHECK(level() == "debug");
  CHECK(served.proxy.reload({.shards = served.shards.entries()}));
  CHECK(level() == "info");
  CHECK(api_post_error(served.proxy, "log?level=loud") ==
        "400 level: expected debug, info, warn or error");
  CHECK(api_post_error(served.proxy, "log") == "400 level: expected debug, info, warn or error");
}

TEST_CASE("api: without the token nothing is shown or done, and a reload replaces it") {
  Served<RedisShards> served;
  const ProxyOptions options{.shards = served.shards.entries()};
  const ProxyProcess& proxy = served.proxy;
  CHECK(asked_with(proxy, "GET", "/api/v1/config", "") == 200);
  REQUIRE(served.proxy.reload_text(with_token(proxy, options, kToken)));
  for (const char* path : {"/api/v1/config", "/api/v1/clients", "/metrics"}) {
    CAPTURE(path);
    CHECK(asked_with(proxy, "GET", path, "") == 401);
    CHECK(asked_with(proxy, "GET", path, "another-token") == 401);
    CHECK(asked_with(proxy, "GET", path, kToken) == 200);
  }
  CHECK(asked_with(proxy, "POST", "/api/v1/drain", "") == 401);
  for (const char* path : {"/", "/healthz", "/readyz"}) {
    CAPTURE(path);
    CHECK(asked_with(proxy, "GET", path, "") == 200);
  }
  const HttpReply config = http_ask(proxy.admin_port(), "GET", "/api/v1/config",
                                    "Authorization: Bearer " + std::string(kToken) + "\r\n");
  CHECK(Json::parse(config.body)["admin"]["token"] == "(redacted)");
  CHECK(config.body.find(kToken) == std::string::npos);
  served.proxy.directory().write("slotway.yaml", with_token(proxy, options, "the-next-token"));
  CHECK(asked_with(proxy, "POST", "/api/v1/reload", kToken) == 200);
  CHECK(asked_with(proxy, "GET", "/metrics", kToken) == 401);
  CHECK(asked_with(proxy, "GET", "/metrics", "the-next-token") == 200);
  const std::string log = served.proxy.process().output();
  CHECK(log.find(" has asked for /metrics without the token") != std::string::npos);
  CHECK(log.find(" has asked for /metrics with a wrong token") != std::string::npos);
  for (const char* token : {kToken, "another-token", "the-next-token"}) {
    CHECK(log.find(token) == std::string::npos);
  }
}

TEST_CASE("api: what a web page sends is refused") {
  const Served<EmbeddedShards> served;
  const uint16_t port = served.proxy.admin_port();
  CHECK(http_ask(port, "POST", "/api/v1/drain", "Origin: http://evil.example\r\n").status == 403);
  CHECK(http_ask(port, "GET", "/api/v1/config", "Host: evil.example\r\n").status == 403);
  CHECK(http_ask(port, "GET", "/api/v1/config", "Host: localhost:1\r\n").status == 200);
}

}  // namespace slotway::tests
