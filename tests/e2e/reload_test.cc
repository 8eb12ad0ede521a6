// Reloads that replace servers while others are slow, and an end while workers ask each other.

#include <doctest/doctest.h>

#include <future>

#include "tests/e2e/servers.h"
#include "tests/support/fake_backend.h"

namespace slotway::tests {

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

TEST_CASE("a shard that gets another name keeps the order of its clients' commands") {
  FakeBackend shard([](FakeConnection& connection) {
    connection.answer_pings = false;
    connection.receive();
    connection.send("+PONG\r\n");
    if (connection.number() == 0) connection.sleep(patience(milliseconds(500)));
    while (connection.receive()) connection.send("+OK\r\n");
  });
  ProxyProcess proxy({.shards = {{"old", shard.address()}}, .workers = 1});
  RespClient client = proxy.client();
  client.request({"SET", "key", "1"});
  REQUIRE(proxy.metric_reaches(1, "slotway_shard_in_flight_requests"));
  auto reloading = std::async(std::launch::async, [&] {
    return proxy.reload({.shards = {{"new", shard.address()}}, .workers = 1});
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
