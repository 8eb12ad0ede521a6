// Reloads that replace servers while others are slow, and an end while workers ask each other.

#include <doctest/doctest.h>

#include <future>

#include "tests/e2e/servers.h"
#include "tests/support/fake_backend.h"
#include "tests/support/http.h"

namespace slotway::tests {

namespace {
constexpr auto npos = std::string::npos;
}

TEST_CASE("a shard is removed while another does not answer") {
  Served<RedisShards> served({"timeouts: { request: 1s, stall: 2s }"});
  RespClient client = served.proxy.client();
  served.shards.servers[0].suspend();
  // In flight to both: a part of a fan-out names the shard that goes.
  client.send(encode_request({"MGET", key_of_shard(0), key_of_shard(2)}));
  REQUIRE(served.proxy.metric_reaches(1, "slotway_shard_in_flight_requests"));
  std::vector<ShardEntry> two = {{"a", served.shards.servers[0].address(), "0-5460"},
                                 {"b", served.shards.servers[1].address(), "5461-16383"}};
  CHECK(served.proxy.reload({.shards = two, .pool = {"timeouts: { request: 1s, stall: 2s }"}}));
  const RespValue reply = client.receive();
  CHECK(reply.is_error());
  CHECK(reply.text.find("shard 'a'") != std::string::npos);
  CHECK(client.call({"SET", key_of_shard(2), "x"}).text == "OK");
  served.shards.servers[0].resume();
}

TEST_CASE("a shard that is slow holds up no move that is not its own") {
  Served<RedisShards> served({"timeouts: { request: 60s, stall: 60s }"});
  RespClient slow = served.proxy.client();
  RespClient client = served.proxy.client();
  served.shards.servers[0].suspend();
  slow.request({"SET", key_of_shard(0), "1"});
  REQUIRE(served.proxy.metric_reaches(1, "slotway_shard_in_flight_requests"));
  ProxyOptions next{.shards = served.shards.entries(),
                    .pool = {"timeouts: { request: 60s, stall: 60s }"}};
  std::swap(next.shards[1].slots, next.shards[2].slots);
  CHECK(served.proxy.reload(next));
  CHECK(client.call({"SET", key_of_shard(1), "2"}).text == "OK");
  CHECK(RespClient(served.shards.servers[2].port()).call({"GET", key_of_shard(1)}).text == "2");
  served.shards.servers[0].resume();
  CHECK(slow.receive().text == "OK");
}

TEST_CASE("after a reload readiness and gauges are of the shards that there are") {
  Served<RedisShards> served({"timeouts: { request: 500ms, stall: 2s }"});
  RespClient client = served.proxy.client();
  served.shards.servers[2].suspend();
  client.request({"SET", key_of_shard(2), "1"});
  CHECK(client.receive().is_error());  // a tombstone stays: the old connection outlives the reload
  RedisServer other;
  ProxyOptions next{.shards = served.shards.entries(),
                    .pool = {"timeouts: { request: 500ms, stall: 2s }"}};
  next.shards[0].slots = "0-10922";
  next.shards.erase(next.shards.begin() + 1);
  next.shards[1].primary = other.address();  // "c" again, elsewhere
  CHECK(served.proxy.reload(next));
  REQUIRE(served.proxy.all_shards_connected());
  served.shards.servers[2].resume();
  // The old connection to the old "c" ends; the new one is there.
  REQUIRE(eventually([&] {
    return RespClient(served.shards.servers[2].port())
               .call({"CLIENT", "LIST"})
               .text.find("cmd=set") == std::string::npos;
  }));
  const std::string ready = http_get(served.proxy.admin_port(), "/readyz").body;
  CHECK(ready.find("main/a") != std::string::npos);
  CHECK(ready.find("main/b") == std::string::npos);
  CHECK(served.proxy.metric("slotway_shard_connections", "shard=\"c\"") == 4);
  // Of "b" there is what was counted, and nothing that an alert could take for its state.
  const std::string metrics = http_get(served.proxy.admin_port(), "/metrics").body;
  CHECK(metrics.find("slotway_shard_connections{pool=\"main\",shard=\"a\"} 4") != npos);
  for (const char* gauge :
       {"connections", "breakers_open", "in_flight_requests", "replica_connections", "slots"}) {
    CAPTURE(gauge);
    CHECK(metrics.find(std::string("slotway_shard_") + gauge + "{pool=\"main\",shard=\"b\"}") ==
          npos);
  }
  CHECK(metrics.find("slotway_shard_requests_total{pool=\"main\",shard=\"b\"}") != npos);
}

TEST_CASE("a password that a reload takes away is asked of nobody") {
  Served<EmbeddedShards> served;
  const std::string file = served.proxy.directory().write("password", "secret");
  const std::string guard = "auth: { password_file: " + file + " }";
  RespClient before = served.proxy.client();
  CHECK(before.call({"PING"}).text == "PONG");
  CHECK(served.proxy.reload({.shards = served.shards.entries(), .pool = {guard}}));
  RespClient client = served.proxy.client();
  CHECK(client.call({"GET", "key"}).text.starts_with("NOAUTH"));
  CHECK(before.call({"SET", "key", "1"}).text == "OK");  // came when there was none
  CHECK(served.proxy.reload({.shards = served.shards.entries()}));
  CHECK(client.call({"GET", "key"}).text == "1");
}

TEST_CASE("time-outs that a reload changes are those of connections for single clients, too") {
  FakeBackend shard([](FakeConnection& connection) {
    while (const auto command = connection.receive()) {
      if (command->front() == "WATCH") connection.send("+OK\r\n");
    }
  });
  ProxyOptions options{.shards = {{"a", shard.address()}},
                       .pool = {"timeouts: { request: 1h, stall: 1h }"}};
  ProxyProcess proxy(options);
  RespClient client = proxy.client();
  CHECK(client.call({"WATCH", "key"}).text == "OK");
  options.pool = {"timeouts: { request: 100ms, stall: 1h }"};
  REQUIRE(proxy.reload(options));
  CHECK(client.call({"GET", "key"}).text.find("no reply within") != std::string::npos);
}

TEST_CASE("a shard that gets another name keeps the order of its clients' commands") {
  FakeBackend shard([](FakeConnection& connection) {
    connection.answer_pings = false;
    connection.receive();
    connection.send("+PONG\r\n");
    if (connection.number() == 0) connection.sleep(patience(milliseconds(500)));
    while (connection.receive()) connection.send("+OK\r\n");
  });
  const std::vector<std::string> pool = {"timeouts: { request: 60s, stall: 60s }"};
  ProxyProcess proxy({.shards = {{"old", shard.address()}}, .pool = pool, .workers = 1});
  RespClient client = proxy.client();
  client.request({"SET", "key", "1"});
  REQUIRE(proxy.metric_reaches(1, "slotway_shard_in_flight_requests"));
  auto reloading = std::async(std::launch::async, [&] {
    return proxy.reload({.shards = {{"new", shard.address()}}, .pool = pool, .workers = 1});
  });
  for (int i = 2; i <= 50; ++i) {
    client.request({"SET", "key", std::to_string(i)});
    std::this_thread::sleep_for(milliseconds(2));
  }
  for (int i = 1; i <= 50; ++i) REQUIRE(client.receive().text == "OK");
  CHECK(reloading.get());
  std::vector<std::string> sets = shard.commands();
  std::erase(sets, "PING");
  REQUIRE(sets.size() == 50);
  for (int i = 1; i <= 50; ++i)
    CHECK(sets[static_cast<size_t>(i - 1)].ends_with(std::to_string(i)));
  CHECK(shard.connections() == 2);
}

TEST_CASE("a question to all workers does not hold the end up") {
  Served<EmbeddedShards> served;
  std::vector<RespClient> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(served.proxy.client());
  std::string bytes;
  for (int i = 0; i < 200; ++i) bytes += encode_request({"CLIENT", "LIST"});
  for (RespClient& client : clients) client.send(bytes);
  const auto start = Clock::now();
  CHECK(served.proxy.stop() == 0);
  CHECK(Clock::now() - start < patience(std::chrono::seconds(6)));  // the drain's deadline is 10 s
}

}  // namespace slotway::tests
