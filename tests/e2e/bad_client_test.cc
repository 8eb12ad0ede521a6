// Clients that misuse time and memory: before they have authenticated, by trickling, by crowding,
// and by not reading what they asked for.

#include <doctest/doctest.h>

#include <algorithm>
#include <future>

#include "tests/e2e/flood.h"
#include "tests/e2e/servers.h"
#include "wire/descriptor_limit.h"

namespace slotway::tests {

namespace {

constexpr size_t kMiB = 1 << 20;

struct Guarded {
  Guarded()
      : proxy({.shards = shards.entries(),
               .pool = {"auth: { password_file: " + files.write("pass", "secret\n") + " }"}}) {}

  TempDir files;
  RedisShards shards;
  ProxyProcess proxy;
};

}  // namespace

TEST_CASE("before AUTH only small requests are read") {
  Guarded guarded;
  const uint16_t port = guarded.proxy.port();
  CHECK(last_words(port, "*100\r\n") ==
        "-ERR Protocol error: unauthenticated multibulk length\r\n");
  CHECK(last_words(port, "*2\r\n$100000000\r\n") ==
        "-ERR Protocol error: unauthenticated bulk length\r\n");
  RespClient client(port);
  CHECK(client.call({"AUTH", "secret"}).text == "OK");
  CHECK(client.call({"SET", "key", std::string(kMiB, 'x')}).text == "OK");
  CHECK(guarded.proxy.metric("slotway_protocol_errors_total") == 2);
}

TEST_CASE("before AUTH a client that does not read is closed at a small bound") {
  Guarded guarded;
  const size_t before = guarded.proxy.process().rss_bytes();
  RespClient client(Socket::connect(guarded.proxy.port(), 4096));
  // What the buffers of the kernel hold does not count.
  const std::string pings = repeated(encode_request({"PING"}), 10'000);
  bool sent = true;
  for (int i = 0; i < 50 && sent; ++i) sent = send_all(client, pings);
  CHECK(!sent);
  CHECK(guarded.proxy.metric_reaches(1, "slotway_client_disconnects_total", "reason=\"security\""));
  if (!kSanitized) CHECK(guarded.proxy.process().rss_bytes() < before + 2 * kMiB);
}

TEST_CASE("a failing AUTH in a pipeline has one reply for each command") {
  Guarded guarded;
  RespClient client = guarded.proxy.client();
  client.send(encode_request({"SET", "key", "1"}) + encode_request({"AUTH", "wrong"}) +
              encode_request({"MGET", "a", "b"}) + encode_request({"AUTH", "secret"}) +
              encode_request({"SET", "key", "2"}) + encode_request({"AUTH", "wrong"}) +
              encode_request({"GET", "key"}));
  CHECK(client.receive().text.starts_with("NOAUTH"));
  CHECK(client.receive().text.starts_with("WRONGPASS"));
  CHECK(client.receive().text.starts_with("NOAUTH"));
  CHECK(client.receive().text == "OK");
  CHECK(client.receive().text == "OK");
  CHECK(client.receive().text.starts_with("WRONGPASS"));
  CHECK(client.receive().text == "2");
  CHECK(client.silent_for(milliseconds(10)));
}

TEST_CASE("clients that never finish a command are closed and others served") {
  // With a sanitizer fewer: what is looked for then are mistakes, not the weight of a crowd.
  constexpr size_t kCrowd = kSanitized ? 500 : 5000;
  constexpr milliseconds kPartial(2000);
  constexpr milliseconds kPause(200);  // between two bytes of a client
  if (wire::raise_descriptor_limit(kCrowd + 1000) < kCrowd + 1000) {
    MESSAGE("SKIPPED: the hard limit of descriptors does not allow ", kCrowd, " clients");
    return;
  }
  Served<RedisShards> served({"timeouts: { partial: 2s }"});
  Bystander bystander(served.proxy.port());
  RespClient idle = served.proxy.client();
  std::vector<RespClient> trickling;
  trickling.reserve(kCrowd);
  const auto begin = Clock::now();
  for (size_t i = 0; i < kCrowd; ++i) {
    trickling.push_back(served.proxy.client());
    trickling.back().send(i % 2 == 0 ? "*2\r\n$60000\r\n" : "PIN");
  }
  const auto last_come = Clock::now();
  size_t took_a_byte = 0;  // in the last round
  size_t bytes = 0;
  do {
    std::this_thread::sleep_for(kPause);
    took_a_byte = 0;
    for (RespClient& client : trickling) took_a_byte += send_all(client, "E") ? 1 : 0;
    bytes += took_a_byte;
    REQUIRE(bystander.is_served());
    REQUIRE(Clock::now() - last_come < kPartial + kLong);
  } while (took_a_byte > 0);
  CHECK(bytes > kCrowd);  // so bytes that came did not put the end off
  CHECK(Clock::now() - begin >= kPartial);
  CHECK(served.proxy.metric_reaches(kCrowd, "slotway_client_disconnects_total",
                                    "reason=\"partial\""));
  CHECK(std::all_of(trickling.begin(), trickling.end(),
                    [](RespClient& client) { return client.closed(); }));
  CHECK(idle.call({"PING"}).text == "PONG");  // without half a command there is no limit
}

TEST_CASE("a client above the limit is told so and closed") {
  Served<RedisShards> served({"limits: { clients: 5 }"});
  std::vector<RespClient> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(served.proxy.client());
    CHECK(clients.back().call({"PING"}).text == "PONG");
  }
  for (int i = 0; i < 3; ++i) {
    CHECK(served.proxy.client().receive_until_end() == "-ERR max number of clients reached\r\n");
  }
  CHECK(served.proxy.metric("slotway_client_connections_rejected_total") == 3);
  CHECK(clients[0].call({"SET", "key", "value"}).text == "OK");
  clients.pop_back();
  CHECK(eventually([&] {
    RespClient next = served.proxy.client();
    next.request({"PING"});
    return next.receive_raw() == "+PONG\r\n";
  }));
}

TEST_CASE("a million commands without a reader are held back, and go on with one") {
  Served<RedisShards> served({"limits: { output_buffer: 1MiB, pending_requests: 1000 }"});
  Bystander bystander(served.proxy.port());
  REQUIRE(bystander.is_served());
  const std::string value(100, 'v');
  REQUIRE(served.proxy.client().call({"SET", Flood::kKey, value}).text == "OK");
  const size_t before = served.proxy.process().rss_bytes();
  Flood flood(served.proxy.port());
  CHECK(flood.is_held_back());
  if (!kSanitized) CHECK(served.proxy.process().rss_bytes() < before + 8 * kMiB);
  CHECK(bystander.is_served());
  CHECK(flood.all_are("$100\r\n" + value + "\r\n"));
}

TEST_CASE("a client that writes and never reads is closed in the end") {
  Served<RedisShards> served({"timeouts: { stalled: 700ms }", "limits: { output_buffer: 1MiB }"});
  Bystander bystander(served.proxy.port());
  REQUIRE(bystander.is_served());
  const size_t before = served.proxy.process().rss_bytes();
  RespClient client(Socket::connect(served.proxy.port(), 4096));
  client.call({"SET", "key", std::string(10'000, 'v')});
  auto sending = std::async(std::launch::async, [&] {
    const std::string hundred = repeated(encode_request({"GET", "key"}), 100);
    while (send_all(client, hundred)) continue;
  });
  CHECK(served.proxy.metric_reaches(1, "slotway_client_disconnects_total", "reason=\"stalled\""));
  sending.get();
  if (!kSanitized) CHECK(served.proxy.process().rss_bytes() < before + 8 * kMiB);
  CHECK(bystander.is_served());
}

TEST_CASE("idle clients are closed where that is wanted") {
  Served<RedisShards> served({"timeouts: { idle: 600ms }"});
  RespClient client = served.proxy.client();
  CHECK(client.call({"PING"}).text == "PONG");
  CHECK(client.closed());
  CHECK(served.proxy.metric_reaches(1, "slotway_client_disconnects_total", "reason=\"idle\""));
}

}  // namespace slotway::tests
