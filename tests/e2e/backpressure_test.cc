// What holds a session back, and what it must not lose or be blamed for meanwhile.

#include <doctest/doctest.h>
#include <signal.h>

#include <future>

#include "tests/e2e/flood.h"
#include "tests/e2e/servers.h"
#include "tests/support/fake_backend.h"

namespace slotway::tests {

namespace {

constexpr size_t kMiB = 1 << 20;

}  // namespace

TEST_CASE("a client that closes its half while it is held back gets all its replies") {
  constexpr int64_t kCommands = 40;
  Served<EmbeddedShards> served({"limits: { pending_requests: 10 }"});
  const std::string bytes = repeated(encode_request({"INCR", "counter"}), kCommands);
  for (int64_t round = 0; round < 400; ++round) {
    RespClient client = served.proxy.client();
    client.send(bytes);
    // The end is to come in the middle of the replies, wherever that is on this machine.
    const auto moment = Clock::now() + std::chrono::microseconds(round);
    while (Clock::now() < moment) continue;
    client.socket().shutdown_sending();
    for (int64_t i = 1; i <= kCommands; ++i) {
      REQUIRE(client.receive().integer() == round * kCommands + i);
    }
    CHECK(client.closed());
  }
}

TEST_CASE_TEMPLATE("a large reply is written whole before the end", Server, EVERY_SERVER) {
  Server server;
  const std::string value(30 * kMiB, 'v');
  RespClient(server.port()).call({"SET", "large", value});
  const std::string reply = "$" + std::to_string(value.size()) + "\r\n" + value + "\r\n";
  SUBCASE("of QUIT") {
    RespClient client(server.port());
    client.send(encode_request({"GET", "large"}) + encode_request({"QUIT"}));
    CHECK((client.receive_until_end() == reply + "+OK\r\n"));
  }
  SUBCASE("of a client that has closed its half") {
    RespClient client(server.port());
    client.request({"GET", "large"});
    client.socket().shutdown_sending();
    CHECK((client.receive_until_end() == reply));
  }
}

TEST_CASE("a large reply is written whole before the end of the proxy") {
  Served<RedisShards> served;
  const std::string value(30 * kMiB, 'v');
  CHECK(served.proxy.client().call({"SET", "large", value}).text == "OK");
  RespClient client(Socket::connect(served.proxy.port(), 65536));
  client.request({"GET", "large"});
  REQUIRE(client.socket().readable(kLong));
  served.proxy.process().signal(SIGTERM);
  CHECK((client.receive_until_end() == "$31457280\r\n" + value + "\r\n"));
  CHECK(served.proxy.process().wait_exit() == 0);
  served.proxy.expect_no_more();
}

TEST_CASE("a fresh client may ask for many large values at once") {
  Served<RedisShards> served({"limits: { output_buffer: 8MiB }"});
  const std::string value(3 * kMiB / 2, 'v');
  RespClient client = served.proxy.client();
  CHECK(served.proxy.client().call({"SET", "large", value}).text == "OK");
  const std::string reply = "$" + std::to_string(value.size()) + "\r\n" + value + "\r\n";
  client.send(repeated(encode_request({"GET", "large"}), 100));
  for (int i = 0; i < 100; ++i) REQUIRE((client.receive_raw() == reply));
}

// What comes at once from one shard waits for another, which never answers.
TEST_CASE("what waits for a reply that does not come counts among the unsent output") {
  FakeBackend silent([](FakeConnection& connection) {
    while (connection.receive()) continue;
  });
  RedisServer rich;
  ProxyProcess proxy(
      {.shards = {{"a", silent.address(), "0-5460"}, {"b", rich.address(), "5461-16383"}},
       .pool = {"limits: { output_buffer: 1MiB }", "timeouts: { request: 60s, stall: 60s }"},
       .workers = 1});
  const std::string key = key_of_shard(1);
  RespClient other = proxy.client();
  CHECK(other.call({"SET", key, std::string(kMiB, 'v')}).text == "OK");
  const size_t before = proxy.process().rss_bytes();
  RespClient client = proxy.client();
  // Small replies first, so that the session asks for many at a time.
  client.exchange(repeated(encode_request({"EXISTS", key}), 1000), 1000);
  SUBCASE("whole replies, behind one that is missing") {
    client.send(encode_request({"GET", key_of_shard(0)}) +
                repeated(encode_request({"GET", key}), 500));
  }
  SUBCASE("parts of replies, of which another is missing") {
    client.send(repeated(encode_request({"MGET", key_of_shard(0), key}), 500));
  }
  CHECK(proxy.metric_reaches(1, "slotway_client_disconnects_total", "reason=\"output_limit\""));
  if (!kSanitized) CHECK(proxy.process().rss_bytes() < before + 100 * kMiB);
  CHECK(other.call({"EXISTS", key}).integer() == 1);
}

TEST_CASE("one reply of several shards may be larger than what several may be together") {
  Served<RedisShards> served({"limits: { output_buffer: 1MiB }"});
  RespClient client = served.proxy.client();
  const std::string value(5 * kMiB, 'v');
  for (size_t shard = 0; shard < kShards; ++shard) {
    CHECK(client.call({"SET", key_of_shard(shard), value}).text == "OK");
  }
  const RespValue reply = client.call({"MGET", key_of_shard(0), key_of_shard(1), key_of_shard(2)});
  REQUIRE(reply.items.size() == kShards);
  for (const RespValue& item : reply.items) CHECK((item.text == value));
}

TEST_CASE("a client that reads a large reply slowly is neither idle nor stalled") {
  Served<RedisShards> served({"timeouts: { idle: 2s, stalled: 1s }"});
  const std::string value(16 * kMiB, 'v');
  RespClient shard(served.shards.servers[shard_of("large")].port());
  CHECK(shard.call({"SET", "large", value}).text == "OK");
  RespClient client(Socket::connect(served.proxy.port(), 65536));
  client.request({"GET", "large"});
  std::string seen;
  // Little at a time, for longer than the time-out. A stretched sleep would be an idle client.
  for (int i = 0; i < 50; ++i) {
    std::this_thread::sleep_for(milliseconds(100));
    for (const size_t goal = seen.size() + 64 * 1024; seen.size() < goal;) {
      REQUIRE(client.socket().receive(seen) > 0);
    }
  }
  while (seen.size() < value.size() + 13) REQUIRE(client.socket().receive(seen) > 0);
  CHECK((seen == "$16777216\r\n" + value + "\r\n"));
}

TEST_CASE("a command that is fast at first and then silent is a partial one") {
  const std::string half = "*2\r\n$4\r\nECHO\r\n$20000000\r\n" + std::string(10 * kMiB, 'x');
  SUBCASE("for the proxy") {
    Served<EmbeddedShards> served({"timeouts: { partial: 500ms }"});
    RespClient client = served.proxy.client();
    client.send(half);
    CHECK(client.closed());
    CHECK(served.proxy.metric_reaches(1, "slotway_client_disconnects_total", "reason=\"partial\""));
  }
  SUBCASE("for the store") {
    StoreProcess store;
    RespClient client(store.port());
    CHECK(client.call({"CONFIG", "SET", "partial-timeout", "1"}).text == "OK");
    client.send(half);
    CHECK(client.closed());
  }
}

TEST_CASE("a command that is held does not make an idle client") {
  Served<RedisShards> served({"timeouts: { idle: 600ms, request: 60s, stall: 60s }"});
  RespClient first = served.proxy.client();
  served.shards.servers[0].suspend();
  first.request({"SET", key_of_shard(0), "1"});
  REQUIRE(served.proxy.metric_reaches(1, "slotway_shard_in_flight_requests"));
  ProxyOptions next{.shards = served.shards.entries(),
                    .pool = {"timeouts: { idle: 600ms, request: 60s, stall: 60s }"}};
  std::swap(next.shards[0].slots, next.shards[1].slots);
  auto reloading = std::async(std::launch::async, [&] { return served.proxy.reload(next); });
  std::this_thread::sleep_for(patience(milliseconds(300)));  // the reload waits for the shard
  RespClient held = served.proxy.client();
  held.request({"SET", key_of_shard(0), "2"});
  CHECK(held.silent_for(milliseconds(2000)));
  served.shards.servers[0].resume();
  CHECK(held.receive().text == "OK");
  CHECK(reloading.get());
}

TEST_CASE("an empty line that came in two pieces is not a command without an end") {
  Served<EmbeddedShards> served({"timeouts: { partial: 300ms }"});
  RespClient client = served.proxy.client();
  client.send("\r");
  REQUIRE(served.proxy.metric_reaches(1, "slotway_received_bytes_total", "side=\"client\""));
  client.send("\n");
  CHECK(client.silent_for(milliseconds(1500)));
  CHECK(client.call({"PING"}).text == "PONG");
}

// A shard that does not read holds the sessions that want it, and lets them go on when it does.
TEST_CASE("sessions that a full shard holds go on when it reads again") {
  std::atomic<bool> reads{false};
  FakeBackend shard([&](FakeConnection& connection) {
    connection.answer_pings = false;
    if (connection.receive()) connection.send("+PONG\r\n");
    while (!reads) connection.sleep(milliseconds(10));
    while (connection.receive()) connection.send("+OK\r\n");
  });
  ProxyProcess proxy({.shards = {{"a", shard.address()}},
                      .pool = {"timeouts: { request: 60s, stall: 60s }"},
                      .workers = 1});
  const std::string set = encode_request({"SET", "key", std::string(kMiB, 'v')});
  std::vector<RespClient> clients;
  for (int i = 0; i < 60; ++i) clients.push_back(proxy.client());
  for (RespClient& client : clients) {
    client.set_limit(10 * kLong);
    client.send(set);
  }
  reads = true;
  for (RespClient& client : clients) CHECK(client.receive_raw() == "+OK\r\n");
}

}  // namespace slotway::tests
