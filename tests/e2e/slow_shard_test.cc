// One shard that stops, is slow or does not read: what its requests cost the proxy, and that the
// sessions that do not use it notice nothing.

#include <doctest/doctest.h>

#include <atomic>

#include "tests/e2e/flood.h"
#include "tests/e2e/load.h"
#include "tests/e2e/servers.h"
#include "tests/support/fake_backend.h"

namespace slotway::tests {

namespace {

constexpr size_t kMiB = 1 << 20;
// What may wait on a connection to a shard (proxy/upstream/upstream.h), as a promise of its own.
constexpr size_t kQueuedBytes = 32 * kMiB;
constexpr size_t kQueuedRequests = 128 * 1024;
// So many small replies, and a session asks for as much ahead as its limits allow.
constexpr size_t kSettled = 400;

// A client that pipelines pairs of a SET of much and an INCR, whose replies tell their order, and
// reads nothing before it is told to.
class Pusher {
 public:
  Pusher(uint16_t port, size_t number, size_t value_size)
      : client_(port), key_(key_of_shard(1, number)), counter_(key_of_shard(1, 1000 + number)) {
    client_.set_limit(4 * kLong);
    pair_ = encode_request({"SET", key_, std::string(value_size, 'v')}) +
            encode_request({"INCR", counter_});
    client_.exchange(repeated(encode_request({"INCR", counter_}), kSettled), kSettled);
    last_ = kSettled;
  }

  // What is taken at once; gives the bytes.
  size_t push() {
    size_t pushed = 0;
    while (const size_t some = client_.socket().send_some(std::string_view(pair_).substr(at_))) {
      pushed += some;
      at_ = (at_ + some) % pair_.size();
      pairs_ += at_ == 0 ? 1 : 0;
    }
    return pushed;
  }
  // Sends the rest of the last pair and reads a reply for everything that it has sent. True if each
  // is the one of its command: errors, where they may come, and numbers that only grow.
  bool all_are_right(bool errors_may_come) {
    if (at_ > 0) {
      client_.send(std::string_view(pair_).substr(at_));
      ++pairs_;
    }
    for (size_t i = 0; i < pairs_; ++i) {
      const RespValue set = client_.receive();
      const RespValue count = client_.receive();
      errors_ += set.is_error() + count.is_error();
      if (!(set.is_error() ? errors_may_come : set.text == "OK")) return false;
      if (count.is_error() && errors_may_come) continue;
      if (count.type != ':') return false;
      // A number behind an error may have left out what the shard has executed all the same.
      if (errors_ > 0 ? count.integer() <= last_ : count.integer() != last_ + 1) return false;
      last_ = count.integer();
    }
    client_.request({"ECHO", counter_});
    return client_.receive().text == counter_;
  }
  size_t errors() const { return errors_; }

 private:
  RespClient client_;
  const std::string key_;
  const std::string counter_;
  std::string pair_;
  size_t at_ = 0;  // bytes of the next pair that have gone out
  size_t pairs_ = 0;
  int64_t last_ = 0;
  size_t errors_ = 0;
};

// Lets a script that waits for `gate` go on, however the test ends.
struct OpenAtEnd {
  std::atomic<bool>& gate;
  ~OpenAtEnd() { gate = true; }
};

std::vector<std::string> keys_of_others() {
  return {key_of_shard(0, 5000), key_of_shard(2, 5001), key_of_shard(0, 5002)};
}

// Of clients with keys_of_others().
void check_nothing_failed(const std::vector<Seen>& seen) {
  for (const Seen& client : seen) {
    CHECK(client.wrong == "");
    CHECK(client.errors == 0);
  }
}

}  // namespace

// What the proxy may hold for a shard that does not read, by what it knows of: on each of a
// worker's two connections kMaxQueuedBytes and the request that went beyond; for each client the
// next request, which is held. A request lies in a block of up to twice its size.
TEST_CASE("a stopped shard costs bounded memory and the other shards' sessions nothing") {
  constexpr size_t kClients = 50;
  constexpr size_t kSmall = 60 * 1024;  // by the main connection
  constexpr size_t kLarge = 64 * 1024;  // with its command, by that for large traffic
  constexpr size_t kBound = 2 * (2 * (kQueuedBytes + kLarge) + kClients * kLarge);
  bool errors_may_come = false;
  std::string request = "600s";
  SUBCASE("which answers in the end") {}
  SUBCASE("whose requests time out") {
    errors_may_come = true;
    request = std::to_string(patience(milliseconds(2000)).count()) + "ms";
  }
  RedisShards shards;
  ProxyProcess proxy(
      {.shards = shards.entries(),
       .pool = {"timeouts: { connect: 600s, request: " + request + ", stall: 600s }"},
       .workers = 1});
  std::vector<Pusher> clients;
  for (size_t i = 0; i < kClients; ++i) {
    clients.emplace_back(proxy.port(), i, i % 2 == 0 ? kSmall : kLarge);
  }
  Load load(proxy.port(), keys_of_others());
  REQUIRE(load.goes_on());
  const size_t before = proxy.process().rss_bytes();
  shards.servers[1].suspend();
  // Until they stand: each holds what the kernel and the proxy would not take.
  size_t pushed = 0;
  const auto push = [&] {
    size_t now = 0;
    for (Pusher& client : clients) now += client.push();
    pushed += now;
    return now;
  };
  const auto stands = [&] {
    size_t more = 0;
    for (int i = 0; i < 20; ++i) {
      more += push();
      std::this_thread::sleep_for(milliseconds(10));
    }
    return more == 0;
  };
  const size_t most = 2048 * kMiB;  // far more than the kernel and the proxy take
  if (errors_may_come) {
    // They go on with errors instead, at the latest when the breaker opens.
    while (pushed < 4 * kBound) {
      if (push() == 0) std::this_thread::sleep_for(milliseconds(5));
    }
  } else {
    while (!stands()) REQUIRE(pushed < most);
    CHECK(pushed > 2 * kQueuedBytes);
  }
  CHECK(load.goes_on());
  const size_t cost = proxy.process().peak_rss_bytes() - before;
  MESSAGE("", pushed / kMiB, " MiB pushed, ", cost / kMiB, " MiB in the proxy");
  if (!kSanitized) CHECK(cost < kBound);
  shards.servers[1].resume();
  size_t errors = 0;
  for (Pusher& client : clients) {
    CHECK(client.all_are_right(errors_may_come));
    errors += client.errors();
  }
  CHECK((errors > 0) == errors_may_come);
  CHECK(load.goes_on());
  check_nothing_failed(load.finish());
  CHECK(proxy.metric("slotway_shard_reconnects_total") == 0);
  CHECK(proxy.metric("slotway_shard_in_flight_requests") == 0);
}

// The slowest answer there is: it does not come before all the others have.
TEST_CASE("a slow shard does not hold up the requests of other sessions, in one worker") {
  std::atomic<bool> answers = false;
  FakeBackend slow([&](FakeConnection& connection) {
    while (const auto command = connection.receive()) {
      while (!answers) connection.sleep(milliseconds(10));
      connection.send("+" + command->back() + "\r\n");
    }
  });
  const OpenAtEnd end{answers};
  RedisServer quick;
  ProxyProcess proxy(
      {.shards = {{"a", quick.address(), "0-5460"}, {"b", slow.address(), "5461-16383"}},
       .pool = {"timeouts: { request: 600s, stall: 600s }"},
       .workers = 1});
  std::vector<RespClient> waiting;
  for (size_t client = 0; client < 20; ++client) {
    waiting.push_back(proxy.client());
    for (size_t i = 0; i < 5; ++i) waiting.back().request({"GET", key_of_shard(1, 5 * client + i)});
  }
  REQUIRE(proxy.metric_reaches(100, "slotway_shard_in_flight_requests", "shard=\"b\""));
  RespClient client = proxy.client();
  for (int i = 1; i <= 200; ++i) {
    CHECK(client.call({"INCR", key_of_shard(0)}).integer() == i);
  }
  for (RespClient& one : waiting) CHECK(one.silent_for(milliseconds(0)));
  answers = true;
  for (size_t at = 0; at < waiting.size(); ++at) {
    for (size_t i = 0; i < 5; ++i) {
      CHECK(waiting[at].receive().text == key_of_shard(1, 5 * at + i));
    }
  }
}

TEST_CASE("a session that asks for more than may wait for a shard is held, and goes on") {
  constexpr size_t kMore = kQueuedRequests + 20'000;
  std::atomic<bool> answers = true;
  FakeBackend shard([&](FakeConnection& connection) {
    for (size_t i = 0; connection.receive(); ++i) {
      while (!answers) connection.sleep(milliseconds(10));
      connection.send(":" + std::to_string(i) + "\r\n");
    }
  });
  const OpenAtEnd end{answers};
  ProxyProcess proxy({.shards = {{"a", shard.address()}},
                      .pool = {"timeouts: { request: 600s, stall: 600s }",
                               "limits: { pending_requests: 1000000 }"},
                      .workers = 1});
  RespClient client = proxy.client();
  client.set_limit(4 * kLong);
  const std::string increment = encode_request({"INCR", "key"});
  client.exchange(repeated(increment, kSettled), kSettled);
  answers = false;
  client.send(repeated(increment, kMore));
  const auto in_flight = [&] { return proxy.metric("slotway_shard_in_flight_requests"); };
  REQUIRE(proxy.metric_reaches(kQueuedRequests, "slotway_shard_in_flight_requests"));
  CHECK(in_flight() == kQueuedRequests);
  answers = true;
  for (size_t i = kSettled; i < kSettled + kMore; ++i) {
    REQUIRE(client.receive().integer() == static_cast<int64_t>(i));
  }
}

// Requests that have timed out wait on, and their clients ask again: without a bound they pile up
// for as long as the shard stays slower than they come.
TEST_CASE("requests that wait for a shard are bounded, those that have timed out among them") {
  std::atomic<bool> answers = true;
  FakeBackend shard([&](FakeConnection& connection) {
    while (const auto command = connection.receive()) {
      while (!answers && connection.number() == 0) connection.sleep(milliseconds(10));
      connection.send("+" + command->back() + "\r\n");
    }
  });
  const OpenAtEnd end{answers};
  ProxyProcess proxy(
      {.shards = {{"a", shard.address()}},
       .pool = {"timeouts: { request: 300ms, stall: 600s }", "limits: { pending_requests: 50000 }",
                "hot_keys: { detect: false }"},
       .workers = 1});
  RespClient client = proxy.client();
  client.set_limit(4 * kLong);
  client.exchange(repeated(encode_request({"GET", "key"}), kSettled), kSettled);
  const size_t before = proxy.process().rss_bytes();
  answers = false;
  constexpr size_t kBatch = 50'000;
  const std::string batch = repeated(encode_request({"GET", "key"}), kBatch);
  size_t refused = 0;
  const auto begin = Clock::now();
  while (refused == 0 && Clock::now() < begin + 3 * kLong) {
    for (const std::string& reply : client.exchange(batch, kBatch)) {
      REQUIRE(reply.front() == '-');
      if (reply.find("does not keep up") != std::string::npos) ++refused;
    }
  }
  CHECK(refused > 0);
  if (!kSanitized) {
    // The requests, their bytes, and what a client has sent and is sent.
    CHECK(proxy.process().peak_rss_bytes() < before + kQueuedRequests * 320 + 40 * kMiB);
  }
  answers = true;
  const auto again = [&] { return client.call({"GET", "mine"}).text == "mine"; };
  CHECK(eventually(again, 4 * kLong));
  CHECK(shard.commands().size() <= kSettled + kQueuedRequests + 100);
  CHECK(proxy.metric("slotway_shard_reconnects_total") == 0);
}

TEST_CASE("commands that a full shard holds are told why its connection was lost") {
  RedisServer server;
  ProxyProcess proxy({.shards = {{"a", server.address()}},
                      .pool = {"timeouts: { request: 600s, stall: 1s }"},
                      .workers = 1});
  std::vector<RespClient> clients;
  for (int i = 0; i < 60; ++i) clients.push_back(proxy.client());
  server.suspend();
  const std::string set = encode_request({"SET", "key", std::string(kMiB, 'v')});
  for (RespClient& client : clients) client.send(set);
  for (RespClient& client : clients) {
    const std::string text = client.receive().text;
    CAPTURE(text);
    // Lost with the connection, or held and refused behind it: nothing has timed out.
    CHECK((text.find("connection lost: ") != std::string::npos ||
           text.find("out of reach: ") != std::string::npos));
  }
  server.resume();
}

TEST_CASE("a command that a full shard holds is refused when all that fills it has timed out") {
  std::atomic<bool> reads = false;
  FakeBackend shard([&](FakeConnection& connection) {
    while (const auto command = connection.receive()) {
      while (!reads && command->front() == "SET") connection.sleep(milliseconds(10));
      connection.send("+" + command->front() + "\r\n");
    }
  });
  const OpenAtEnd end{reads};
  ProxyProcess proxy({.shards = {{"a", shard.address()}},
                      .pool = {"timeouts: { request: 500ms, stall: 600s }"},
                      .workers = 1});
  const std::string set = encode_request({"SET", "key", std::string(kMiB, 'v')});
  std::vector<RespClient> clients;
  for (int i = 0; i < 60; ++i) {
    clients.push_back(proxy.client());
    clients.back().set_limit(2 * kLong);
  }
  for (RespClient& client : clients) client.send(set);
  for (RespClient& client : clients) CHECK(client.receive().is_error());
  // Probes are answered: the breaker is closed at times, and the shard as full as before.
  for (int i = 0; i < 50; ++i) {
    CHECK(clients[i].call({"SET", "key", std::string(kMiB, 'v')}).is_error());
  }
  reads = true;
  CHECK(eventually([&] {
    return clients[0].call({"SET", "key", std::string(kMiB, 'v')}).text == "SET";
  }));
}

}  // namespace slotway::tests
