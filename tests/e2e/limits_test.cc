// Clients that ask for much and read late: the limits of the configuration are what bounds them,
// and each command has its own reply in the end.

#include <doctest/doctest.h>

#include "tests/e2e/flood.h"
#include "tests/e2e/servers.h"

namespace slotway::tests {

namespace {

constexpr size_t kMiB = 1 << 20;

// A text that tells which of several values it is.
std::string numbered(size_t number, size_t size) {
  std::string text = std::to_string(number) + ":";
  text.resize(size, 'v');
  return text;
}

std::string bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

// Waits until `number()` stays as it is; gives it.
template <typename Number>
size_t standing(Number number) {
  size_t last = number();
  CHECK(eventually([&] {
    std::this_thread::sleep_for(patience(milliseconds(200)));
    return std::exchange(last, number()) == last;
  }));
  return last;
}

// GETs that the server has executed.
size_t gets(RedisServer& server) {
  const std::string stats = RespClient(server.port()).call({"INFO", "commandstats"}).text;
  const std::string name = "cmdstat_get:calls=";
  const size_t at = stats.find(name);
  return at == std::string::npos ? 0 : std::stoul(stats.substr(at + name.size()));
}

}  // namespace

// In turns SETs of values that carry their number, and GETs and MGETs of what was set before.
TEST_CASE("a million commands over all shards, read late, have each their own reply") {
  constexpr size_t kKeys = 300;
  constexpr size_t kSize = 100;
  Served<RedisShards> served({"limits: { output_buffer: 1MiB, pending_requests: 1000 }"});
  const auto key = [](size_t number) { return "key" + std::to_string(number % kKeys); };
  RespClient first = served.proxy.client();
  std::vector<std::string> values;
  for (size_t i = 0; i < kKeys; ++i) {
    values.push_back(bulk(numbered(i, kSize)));
    CHECK(first.call({"SET", key(i), numbered(i, kSize)}).text == "OK");
  }
  const size_t before = served.proxy.process().rss_bytes();
  Flood flood(served.proxy.port(), [&](size_t i) {
    if (i % 2 == 0) return encode_request({"SET", key(i / 2), numbered(i, kSize)});
    if (i % 10 == 9) return encode_request({"MGET", key(i), key(i + 1), key(3 * i), key(7 * i)});
    return encode_request({"GET", key(7 * i)});
  });
  CHECK(flood.is_held_back());
  CHECK(first.call({"GET", "other"}).null);
  const size_t right = flood.right_replies([&](size_t i) -> std::string {
    const auto value = [&](size_t number) { return values[number % kKeys]; };
    if (i % 10 == 9) return "*4\r\n" + value(i) + value(i + 1) + value(3 * i) + value(7 * i);
    if (i % 2 == 1) return value(7 * i);
    values[i / 2 % kKeys] = bulk(numbered(i, kSize));
    return "+OK\r\n";
  });
  CHECK(right == Flood::kCommands);
  if (!kSanitized) CHECK(served.proxy.process().peak_rss_bytes() < before + 8 * kMiB);
}

TEST_CASE("output_buffer is what bounds the replies of a client that does not read") {
  constexpr size_t kSize = 200 * 1024;
  constexpr size_t kCommands = 600;
  constexpr size_t kKernel = 8 * kMiB;  // more than its buffers of two sockets hold
  size_t limit = 8 * kMiB;
  SUBCASE("small") {}
  SUBCASE("six times as large") { limit *= 6; }
  RedisServer server;
  ProxyProcess proxy({.shards = {{"a", server.address()}},
                      .pool = {"limits: { output_buffer: " + std::to_string(limit >> 20) + "MiB }"},
                      .workers = 1});
  RespClient other = proxy.client();
  for (size_t i = 0; i < 3; ++i) {
    CHECK(other.call({"SET", "key" + std::to_string(i), numbered(i, kSize)}).text == "OK");
  }
  const size_t before = proxy.process().rss_bytes();
  RespClient client(Socket::connect(proxy.port(), 65536));
  for (size_t i = 0; i < kCommands; ++i) client.request({"GET", "key" + std::to_string(i % 3)});
  const size_t asked = kSize * standing([&] { return gets(server); });
  CHECK(asked >= limit - kSize);
  CHECK(asked <= limit + kKernel);
  CHECK(other.call({"STRLEN", "key0"}).integer() == kSize);
  // A reply lies in a block of up to twice its size.
  if (!kSanitized) CHECK(proxy.process().peak_rss_bytes() < before + 2 * limit + 4 * kMiB);
  for (size_t i = 0; i < kCommands; ++i) {
    REQUIRE((client.receive_raw() == bulk(numbered(i % 3, kSize))));
  }
}

TEST_CASE("pending_requests is what bounds the requests of a client") {
  size_t limit = 100;
  SUBCASE("few") {}
  SUBCASE("fifty times as many") { limit *= 50; }
  Served<RedisShards> served({"limits: { pending_requests: " + std::to_string(limit) + " }",
                              "timeouts: { request: 600s, stall: 600s }"});
  constexpr size_t kSettled = 400;  // so many small replies, and a session asks for many ahead
  constexpr size_t kCommands = 10'000;
  const std::string key = key_of_shard((shard_of("bystander") + 1) % kShards);
  Bystander bystander(served.proxy.port());
  RespClient client = served.proxy.client();
  const std::string increment = encode_request({"INCR", key});
  client.exchange(repeated(increment, kSettled), kSettled);
  served.shards.servers[shard_of(key)].suspend();
  client.send(repeated(increment, kCommands));
  const auto in_flight = [&] {
    return static_cast<size_t>(served.proxy.metric("slotway_shard_in_flight_requests"));
  };
  REQUIRE(
      served.proxy.metric_reaches(static_cast<double>(limit), "slotway_shard_in_flight_requests"));
  CHECK(standing(in_flight) == limit);
  CHECK(bystander.is_served());
  served.shards.servers[shard_of(key)].resume();
  for (size_t i = kSettled + 1; i <= kSettled + kCommands; ++i) {
    REQUIRE(client.receive().integer() == static_cast<int64_t>(i));
  }
}

}  // namespace slotway::tests
