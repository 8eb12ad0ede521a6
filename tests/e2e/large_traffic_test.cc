// Large requests and replies: connections of their own, order, and memory.

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <map>
#include <mutex>
#include <thread>

#include "tests/e2e/servers.h"
#include "tests/support/fake_backend.h"
#include "tests/support/http.h"

namespace slotway::tests {

namespace {

constexpr size_t kMiB = 1 << 20;
constexpr size_t kLarge = 100 * 1024;  // bytes, above the 64 KiB from which on traffic is large

size_t connections_with(RedisServer& server, const std::string& last_command) {
  const std::string list = RespClient(server.port()).call({"CLIENT", "LIST"}).text;
  size_t count = 0;
  for (size_t at = 0; (at = list.find(" cmd=" + last_command + " ", at)) != std::string::npos;
       ++at) {
    ++count;
  }
  return count;
}

// A text that tells which of several values it is.
std::string numbered(size_t number, size_t size) {
  std::string text = std::to_string(number) + ":";
  text.resize(std::max(size, text.size()), 'v');
  return text;
}

}  // namespace

TEST_CASE("a session with large traffic uses a connection of its own and comes back from it") {
  RedisServer server;
  ProxyProcess proxy({.shards = {{"a", server.address()}}});
  RespClient client = proxy.client();
  CHECK(client.call({"SET", "small", "x"}).text == "OK");
  CHECK(connections_with(server, "set") == 1);
  SUBCASE("by its requests") {
    CHECK(client.call({"SET", "large", std::string(kLarge, 'v')}).text == "OK");
    CHECK(connections_with(server, "set") == 2);
    CHECK(client.call({"GET", "small"}).text == "x");  // stays there for a while
    CHECK(connections_with(server, "get") == 1);
    CHECK(connections_with(server, "set") == 1);
  }
  SUBCASE("by its replies") {
    CHECK(client.call({"SETRANGE", "large", std::to_string(kLarge), "x"}).integer() == kLarge + 1);
    CHECK(client.call({"STRLEN", "large"}).integer() == kLarge + 1);
    CHECK(client.call({"GET", "large"}).text.size() == kLarge + 1);
    CHECK(client.call({"STRLEN", "large"}).integer() == kLarge + 1);  // there, the GET was not
    CHECK(connections_with(server, "get") == 1);
    CHECK(connections_with(server, "strlen") == 1);
  }
  for (int i = 0; i < 20; ++i) client.call({"EXISTS", "small"});
  CHECK(client.call({"INCR", "counter"}).integer() == 1);
  // Back on the first: the other has seen the last EXISTS.
  CHECK(connections_with(server, "exists") == 1);
  CHECK(connections_with(server, "incr") == 1);
  CHECK(proxy.metric("slotway_shard_connections") == 5);  // a main one each of 4 workers
}

TEST_CASE_TEMPLATE("commands keep their order across the changes between small and large traffic",
                   Shards, EVERY_KIND) {
  Served<Shards> served;
  RespClient client = served.proxy.client();
  const std::vector<std::string> keys = two_keys_each();
  std::string bytes;
  std::vector<std::string> expected;
  for (size_t i = 0; i < 300; ++i) {
    const std::string& key = keys[i % 3];
    const std::string value = numbered(i, i % 7 == 0 ? kLarge : i % 31);
    bytes += encode_request({"SET", key, value}) + encode_request({"GET", key}) +
             encode_request({"MGET", key, keys[4]}) + encode_request({"STRLEN", key});
    expected.push_back(value);
    if (i % 50 == 49) {
      // Everything at once, so that what is large always meets what is unanswered.
      client.send(bytes);
      for (const std::string& text : expected) {
        CHECK(client.receive().text == "OK");
        CHECK((client.receive().text == text));
        const RespValue both = client.receive();
        REQUIRE(both.items.size() == 2);
        CHECK((both.items[0].text == text));
        CHECK(client.receive().integer() == static_cast<int64_t>(text.size()));
      }
      bytes.clear();
      expected.clear();
    }
  }
}

TEST_CASE("small requests do not wait behind large ones that the shard does not read") {
  // The connection of a large request is read no further; all others are answered.
  FakeBackend backend([](FakeConnection& connection) {
    while (const auto command = connection.receive()) {
      if (command->size() == 3 && (*command)[2].size() >= kLarge) connection.hang();
      connection.send("+" + command->front() + "\r\n");
    }
  });
  ProxyProcess proxy({.shards = {{"a", backend.address()}}, .workers = 1});
  RespClient large = proxy.client();
  RespClient small = proxy.client();
  CHECK(small.call({"GET", "key"}).text == "GET");
  for (int i = 0; i < 10; ++i) large.request({"SET", "key", std::string(kMiB, 'v')});
  for (int i = 0; i < 100; ++i) CHECK(small.call({"GET", "key"}).text == "GET");
  CHECK(large.silent_for(milliseconds(0)));
}

TEST_CASE("a session does not change over while a request of it that timed out may be executed") {
  // A connection that has brought a large SET is read no further until `go`; the others are served.
  std::atomic<bool> go = false;
  std::mutex mutex;
  std::map<std::string, std::string> data;
  FakeBackend backend([&](FakeConnection& connection) {
    while (const auto command = connection.receive()) {
      const bool is_set = command->size() == 3;
      if (is_set && (*command)[2].size() >= kLarge) {
        while (!go) connection.sleep(milliseconds(5));
      }
      const std::lock_guard lock(mutex);
      if (is_set) {
        data[(*command)[1]] = (*command)[2];
        connection.send("+OK\r\n");
      } else {
        const std::string& value = data[(*command)[1]];
        connection.send("$" + std::to_string(value.size()) + "\r\n" + value + "\r\n");
      }
    }
  });
  ProxyProcess proxy({.shards = {{"a", backend.address()}},
                      .pool = {"timeouts: { request: 200ms, stall: 60s }"},
                      .workers = 1});
  // Somebody is answered all the time: the shard is asked on.
  std::atomic<bool> stop = false;
  std::future<void> other = std::async(std::launch::async, [&] {
    RespClient bystander = proxy.client();
    while (!stop) {
      bystander.call({"GET", "other"});
      std::this_thread::sleep_for(milliseconds(5));
    }
  });
  RespClient client = proxy.client();
  CHECK(client.call({"SET", "key", std::string(kLarge, 'o')}).is_error());  // outcome unknown
  // Long enough for the session to count as small again.
  for (int i = 0; i < 20; ++i) client.request({"GET", "other"});
  for (int i = 0; i < 20; ++i) client.receive();
  CHECK(client.call({"SET", "key", "newer"}).is_error());  // behind the other, not past it
  go = true;
  // In the end both have been executed, in their order.
  RespClient reader = proxy.client();
  CHECK(eventually([&] { return reader.call({"GET", "key"}).text == "newer"; }));
  // With nothing owed any more the session changes over: it is answered although the large
  // connection stands still again.
  go = false;
  RespClient large = proxy.client();
  large.request({"SET", "key", std::string(kLarge, 'o')});
  CHECK(client.call({"SET", "key2", "last"}).text == "OK");
  go = true;
  CHECK(large.receive().text.size() > 0);
  stop = true;
  other.get();
}

TEST_CASE("large requests are pipelined also while a request that timed out may be executed") {
  FakeBackend silent([](FakeConnection& connection) {
    while (connection.receive()) continue;
  });
  // Answers when three are there.
  FakeBackend shard([](FakeConnection& connection) {
    for (int count = 1; connection.receive(); ++count) {
      if (count % 3 == 0) connection.send("+OK\r\n+OK\r\n+OK\r\n");
    }
  });
  ProxyProcess proxy(
      {.shards = {{"a", silent.address(), "0-5460"}, {"b", shard.address(), "5461-16383"}},
       .pool = {"timeouts: { request: 2s, stall: 600s }"},
       .workers = 1});
  RespClient client = proxy.client();
  CHECK(client.call({"SET", key_of_shard(0), "v"}).is_error());
  for (int i = 0; i < 9; ++i) client.request({"SET", key_of_shard(1), std::string(kLarge, 'v')});
  for (int i = 0; i < 9; ++i) CHECK(client.receive().text == "OK");
}

TEST_CASE("readiness speaks of the shards and not of the number of connections") {
  RedisServer server;
  ProxyProcess proxy({.shards = {{"a", server.address()}}, .workers = 1});
  CHECK(proxy.client().call({"SET", "large", std::string(kLarge, 'v')}).text == "OK");
  CHECK(proxy.metric("slotway_shard_connections") == 2);
  const std::string text = http_get(proxy.admin_port(), "/readyz").body;
  CHECK(text.find("\"ok\": true") != std::string::npos);
  CHECK(text.find("1 of 1 workers reach it") != std::string::npos);
}

TEST_CASE("a value of 100 MiB passes through with at most twice its size in memory") {
  if (kSanitized) {
    MESSAGE("memory is not measured with a sanitizer");
    return;
  }
  Served<RedisShards> served({"timeouts: { request: 60s }"});
  RespClient client = served.proxy.client();
  client.set_limit(std::chrono::seconds(60));
  CHECK(client.call({"SET", "key", "x"}).text == "OK");
  const size_t before = served.proxy.process().peak_rss_bytes();
  std::string value(100 * kMiB, 'v');
  for (size_t i = 0; i < value.size(); i += 4096) value[i] = static_cast<char>(i >> 12);
  CHECK(client.call({"SET", "key", value}).text == "OK");
  const size_t after_set = served.proxy.process().peak_rss_bytes();
  MESSAGE("SET: ", (after_set - before) / kMiB, " MiB");
  CHECK(after_set - before <= 200 * kMiB);
  CHECK((client.call({"GET", "key"}).text == value));
  const size_t after_get = served.proxy.process().peak_rss_bytes();
  MESSAGE("SET and GET: ", (after_get - before) / kMiB, " MiB");
  CHECK(after_get - before <= 200 * kMiB);
}

}  // namespace slotway::tests
