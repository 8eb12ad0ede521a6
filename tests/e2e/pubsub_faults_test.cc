// Subscriptions when connections, shards and clients come and go.

#include <doctest/doctest.h>

#include <atomic>

#include "tests/e2e/shards.h"
#include "tests/support/fake_backend.h"
#include "tests/support/patience.h"

namespace slotway::tests {

namespace {

RespClient subscriber(const ProxyProcess& proxy, const Command& command) {
  RespClient client = proxy.client();
  client.request(command);
  for (size_t i = 1; i < command.size(); ++i) REQUIRE(!client.receive().is_error());
  return client;
}

int64_t shard_count(const RedisServer& shard, const std::string& channel) {
  return RespClient(shard.port()).call({"PUBSUB", "NUMSUB", channel}).items[1].integer();
}

// Publishes until all have been sent that, once at least: what is published while a connection is
// being made may be lost.
bool passes_on(RespClient& publisher, const std::string& channel, const std::string& text,
               const std::vector<RespClient*>& listeners) {
  return eventually([&] {
    if (publisher.call({"PUBLISH", channel, text}).is_error()) return false;
    for (RespClient* listener : listeners) {
      do {
        if (listener->silent_for(patience(milliseconds(500)))) return false;
      } while (listener->receive().items.back().text != text);
    }
    return true;
  });
}

}  // namespace

TEST_CASE("a connection that was lost listens again") {
  RedisShards shards;
  const ProxyProcess proxy({.shards = shards.entries(), .workers = 1});
  const std::string channel = key_of_shard(1);
  RespClient listener = subscriber(proxy, {"SUBSCRIBE", channel});
  RespClient pattern = subscriber(proxy, {"PSUBSCRIBE", "key*"});
  RespClient publisher = proxy.client();
  CHECK(publisher.call({"PUBLISH", channel, "before"}).integer() == 2);
  RespClient shard(shards.servers[1].port());
  CHECK(shard.call({"CLIENT", "KILL", "TYPE", "pubsub"}).integer() == 1);
  CHECK(passes_on(publisher, channel, "killed", {&listener, &pattern}));
  shards.servers[1].kill();
  RespClient late = proxy.client();
  CHECK(eventually([&] {
    late.request({"SUBSCRIBE", channel});
    return late.receive().is_error();
  }));
  // Whoever needs every shard listens to those that there are, and to the others when they are
  // back.
  RespClient late_pattern = subscriber(proxy, {"PSUBSCRIBE", "key*"});
  shards.servers[1].start();
  CHECK(passes_on(publisher, channel, "restarted", {&listener, &pattern, &late_pattern}));
}

TEST_CASE("nobody is told that he listens before a new connection does") {
  constexpr std::string_view kGreeting = "%1\r\n$5\r\nproto\r\n:3\r\n";
  constexpr std::string_view kConfirmed = ">3\r\n$9\r\nsubscribe\r\n$2\r\nch\r\n:1\r\n";
  std::atomic<bool> drop = false;
  std::atomic<bool> asked_again = false;
  std::atomic<bool> confirmed = false;
  std::atomic<int> connections = 0;  // that listen
  const FakeBackend shard([&](FakeConnection& connection) {
    bool is_first = false;
    int subscribes = 0;
    int greetings = 0;
    while (const auto command = connection.receive()) {
      if (command->front() == "HELLO") {
        if (++greetings == 1) is_first = connections++ == 0;
        if (is_first && drop) return;
        // The proxy asks every half a second, and now not when it subscribes again.
        if (!is_first && greetings == 3) connection.sleep(milliseconds(250));
        if (subscribes == 3) {
          ++subscribes;
          confirmed = true;
          connection.send(kConfirmed);
        }
        connection.send(kGreeting);
      } else if (command->front() == "subscribe" && is_first) {
        connection.send(kConfirmed);
      } else if (command->front() == "subscribe") {
        // Two are refused, and the third waits.
        if (++subscribes <= 2) connection.send("-BUSY a script runs\r\n");
        if (subscribes == 3) asked_again = true;
      }
    }
  });
  const ProxyProcess proxy({.shards = {{"a", shard.address()}}, .workers = 1});
  RespClient first = subscriber(proxy, {"SUBSCRIBE", "ch"});
  RespClient second = proxy.client();
  drop = true;
  REQUIRE(eventually([&] { return asked_again.load(); }));
  CHECK(!second.call({"SUBSCRIBE", "ch"}).is_error());
  CHECK(confirmed);
}

TEST_CASE("a shard that does not answer lets nobody subscribe, and forgets who wanted to") {
  RedisShards shards;
  const ProxyProcess proxy({.shards = shards.entries(),
                            .pool = {"timeouts: { request: 300ms, stall: 1s }"},
                            .workers = 1});
  const std::string channel = key_of_shard(1);
  RespClient first = subscriber(proxy, {"SUBSCRIBE", key_of_shard(1, 7)});
  shards.servers[1].suspend();
  RespClient second = proxy.client();
  second.request({"SUBSCRIBE", channel});
  CHECK(second.receive().text.find("shard 'b'") != std::string::npos);
  // One that goes while it waits.
  { proxy.client().request({"SUBSCRIBE", channel}); }
  CHECK(second.call({"PING"}).text == "PONG");  // it is no subscriber
  shards.servers[1].resume();
  RespClient publisher = proxy.client();
  CHECK(eventually([&] {
    const RespValue reply = publisher.call({"PUBLISH", key_of_shard(1, 7), "x"});
    return !reply.is_error() && reply.integer() == 1;
  }));
  CHECK(eventually([&] { return shard_count(shards.servers[1], channel) == 0; }));
}

TEST_CASE("whoever listens no longer is told so, whatever the shard does") {
  RedisShards shards;
  const ProxyProcess proxy({.shards = shards.entries(),
                            .pool = {"timeouts: { request: 300ms, stall: 1s }"},
                            .workers = 1});
  RespClient client = subscriber(proxy, {"SUBSCRIBE", key_of_shard(1)});
  shards.servers[1].suspend();
  CHECK(!client.call({"UNSUBSCRIBE", key_of_shard(1)}).is_error());
  CHECK(client.call({"PING"}).text == "PONG");
  shards.servers[1].resume();
}

TEST_CASE("what waits for a shard to listen is bounded") {
  RedisShards shards;
  const ProxyProcess proxy({.shards = shards.entries(),
                            .pool = {"timeouts: { request: 60s, stall: 60s }"},
                            .workers = 1});
  RespClient listener = subscriber(proxy, {"SUBSCRIBE", key_of_shard(1)});
  shards.servers[1].suspend();
  constexpr size_t kClients = 60;
  const std::string name = "{" + key_of_shard(1) + "}" + std::string(1 << 20, 'x');
  std::vector<RespClient> clients;
  for (size_t i = 0; i < kClients; ++i) {
    clients.push_back(proxy.client());
    clients.back().request({"SUBSCRIBE", name + std::to_string(i)});
  }
  // The last that were not held any more: 32 MiB, and what the sockets take.
  RespClient other = proxy.client();
  CHECK(eventually([&] {
    const std::string list = other.call({"CLIENT", "LIST"}).text;
    size_t asked = 0;
    for (size_t at = 0; (at = list.find(" cmd=subscribe ", at)) != std::string::npos; ++at) ++asked;
    return asked == kClients + 1;
  }));
  CHECK(proxy.metric("slotway_shard_in_flight_requests", "shard=\"b\"") < kClients - 5);
  shards.servers[1].resume();
  for (RespClient& each : clients) CHECK(!each.receive().is_error());
}

TEST_CASE("a subscriber that takes nothing is closed at its limit, and the others are not kept") {
  RedisShards shards;
  const ProxyProcess proxy(
      {.shards = shards.entries(), .pool = {"limits: { output_buffer: 1MiB }"}, .workers = 1});
  const std::string channel = key_of_shard(2);
  RespClient slow = subscriber(proxy, {"SUBSCRIBE", channel});
  RespClient quick = subscriber(proxy, {"SUBSCRIBE", channel});
  RespClient publisher = proxy.client();
  const std::string payload(200'000, 'x');
  int64_t receivers = 2;
  int sent = 0;
  for (; sent < 500 && receivers == 2; ++sent) {
    receivers = publisher.call({"PUBLISH", channel, payload}).integer();
    CHECK((quick.receive().items[2].text == payload));
  }
  CHECK(receivers == 1);
  CHECK(proxy.metric("slotway_client_disconnects_total", "reason=\"output_limit\"") == 1);
  CHECK(sent > 5);  // what its socket takes, and the limit
}

TEST_CASE("a subscriber that takes what it is sent gets messages larger than its limit") {
  RedisShards shards;
  const ProxyProcess proxy(
      {.shards = shards.entries(), .pool = {"limits: { output_buffer: 1MiB }"}, .workers = 1});
  const std::string channel = key_of_shard(2);
  RespClient quick = subscriber(proxy, {"SUBSCRIBE", channel});
  RespClient publisher = proxy.client();
  const std::string payload(5 << 20, 'x');
  for (int i = 0; i < 3; ++i) {
    CHECK(publisher.call({"PUBLISH", channel, payload}).integer() == 1);
    CHECK((quick.receive().items[2].text == payload));
  }
  // All of them at once are more than one.
  std::string bytes;
  for (int i = 0; i < 10; ++i) bytes += encode_request({"PUBLISH", channel, payload});
  publisher.exchange(bytes, 10);
  CHECK(proxy.metric_reaches(1, "slotway_client_disconnects_total", "reason=\"output_limit\""));
}

TEST_CASE("a channel follows its slot to another shard") {
  RedisShards shards;
  ProxyOptions options{.shards = shards.entries(), .workers = 2};
  ProxyProcess proxy(options);
  const std::string channel = key_of_shard(0);
  RespClient listener = subscriber(proxy, {"SUBSCRIBE", channel});
  RespClient pattern = subscriber(proxy, {"PSUBSCRIBE", "key*"});
  RedisServer other;
  options.shards[0].primary = other.address();
  REQUIRE(proxy.reload(options));
  CHECK(eventually([&] { return shard_count(other, channel) == 1; }));
  CHECK(eventually([&] { return shard_count(shards.servers[0], channel) == 0; }));
  RespClient publisher = proxy.client();
  CHECK(eventually([&] { return publisher.call({"PUBLISH", channel, "x"}).integer() == 2; }));
  CHECK(listener.receive().items[2].text == "x");
  CHECK(pattern.receive().items[3].text == "x");
  // Between shards that stay.
  std::swap(options.shards[0].slots, options.shards[1].slots);
  REQUIRE(proxy.reload(options));
  CHECK(eventually([&] { return shard_count(shards.servers[1], channel) == 1; }));
  CHECK(eventually([&] { return shard_count(other, channel) == 0; }));
  CHECK(publisher.call({"PUBLISH", channel, "y"}).integer() == 2);
  CHECK(listener.receive().items[2].text == "y");
}

TEST_CASE("a reload does not leave a pattern with what is gone") {
  RedisShards shards;
  ProxyOptions options{.shards = shards.entries(), .workers = 1};
  ProxyProcess proxy(options);
  RespClient pattern = subscriber(proxy, {"PSUBSCRIBE", "*"});
  options.shards.pop_back();
  options.shards[0].slots = "[0-5460, 10923-16383]";
  REQUIRE(proxy.reload(options));
  RespClient publisher = proxy.client();
  CHECK(publisher.call({"PUBLISH", key_of_shard(2), "x"}).integer() == 1);
  CHECK(pattern.receive().items[2].text == key_of_shard(2));
  RespClient gone(shards.servers[2].port());
  CHECK(eventually([&] { return gone.call({"PUBSUB", "NUMPAT"}).integer() == 0; }));
}

TEST_CASE("a reload takes the shard away that a client waits for to subscribe") {
  RedisShards shards;
  ProxyOptions options{.shards = shards.entries(), .workers = 1};
  ProxyProcess proxy(options);
  RespClient listener = subscriber(proxy, {"SUBSCRIBE", key_of_shard(2)});
  shards.servers[2].suspend();
  RespClient waiting = proxy.client();
  waiting.request({"SUBSCRIBE", key_of_shard(2, 1)});
  RespClient other = proxy.client();
  CHECK(eventually([&] {
    return other.call({"CLIENT", "LIST"})
               .text.find("cmd=subscribe user=default redir=-1 resp=2 pending=1 ") !=
           std::string::npos;
  }));
  options.shards.pop_back();
  options.shards[0].slots = "[0-5460, 10923-16383]";
  REQUIRE(proxy.reload(options));
  CHECK(waiting.receive().text.starts_with("ERR shard 'c'"));
  waiting.request({"SUBSCRIBE", key_of_shard(2, 1)});
  CHECK(waiting.receive().items.back().integer() == 1);
  CHECK(other.call({"PUBLISH", key_of_shard(2, 1), "x"}).integer() == 1);
}

TEST_CASE("what a shard refuses to one client does not concern the others") {
  const RedisServer server;
  RespClient shard(server.port());
  shard.call({"ACL", "SETUSER", "default", "resetchannels", "&ok*"});
  shard.call({"CONFIG", "SET", "busy-reply-threshold", "1"});
  const ProxyProcess proxy({.shards = {{"a", server.address()}}, .workers = 1});
  RespClient listener = subscriber(proxy, {"SUBSCRIBE", "ok1", "ok2"});
  const auto connection = [&] {
    const std::string list = shard.call({"CLIENT", "LIST", "TYPE", "pubsub"}).text;
    return list.substr(0, list.find(' '));
  };
  const std::string before = connection();
  RespClient client = proxy.client();
  for (int i = 0; i < 3; ++i) {
    CHECK(client.call({"SUBSCRIBE", "other"}).text.starts_with("NOPERM shard 'a'"));
    CHECK(client.call({"SUBSCRIBE", "ok3", "other"}).text.starts_with("NOPERM shard 'a'"));
    CHECK(client.call({"PING"}).text == "PONG");  // it is no subscriber
  }
  // While a script runs, nobody begins or ends to listen; then all is as it was asked for.
  RespClient script(server.port());
  script.request({"EVAL", "while true do end", "0"});
  CHECK(eventually([&] { return shard.call({"PING"}).text.starts_with("BUSY"); }));
  CHECK(client.call({"SUBSCRIBE", "ok3"}).text.starts_with("BUSY shard 'a'"));
  CHECK(!listener.call({"UNSUBSCRIBE", "ok2"}).is_error());
  CHECK(shard.call({"SCRIPT", "KILL"}).text == "OK");
  CHECK(script.receive().is_error());
  CHECK(!client.call({"SUBSCRIBE", "ok3"}).is_error());
  CHECK(eventually([&] { return shard_count(server, "ok2") == 0; }));
  CHECK(connection() == before);
  RespClient publisher = proxy.client();
  CHECK(publisher.call({"PUBLISH", "ok1", "x"}).integer() == 1);
  CHECK(publisher.call({"PUBLISH", "ok2", "x"}).integer() == 0);
  CHECK(publisher.call({"PUBLISH", "ok3", "x"}).integer() == 1);
  CHECK(listener.receive().items[1].text == "ok1");
  CHECK(client.receive().items[1].text == "ok3");
}

TEST_CASE("clients that go while they subscribe, or listen, leave nothing behind") {
  RedisShards shards;
  const ProxyProcess proxy({.shards = shards.entries(), .workers = 2});
  for (int round = 0; round < 50; ++round) {
    RespClient client = proxy.client();
    std::string bytes = encode_request({"GET", "key"});
    for (const std::string& channel : two_keys_each()) {
      bytes += encode_request({"SUBSCRIBE", channel, channel}) +
               encode_request({"PSUBSCRIBE", channel + "*"}) +
               encode_request({"SSUBSCRIBE", channel});
    }
    client.send(bytes.substr(0, bytes.size() - static_cast<size_t>(round) * 10));
    if (round % 2 == 0) client.receive();
  }
  RespClient client = proxy.client();
  CHECK(eventually([&] {
    return client.call({"PUBSUB", "CHANNELS"}).items.empty() &&
           client.call({"PUBSUB", "SHARDCHANNELS"}).items.empty() &&
           client.call({"PUBSUB", "NUMPAT"}).integer() == 0;
  }));
  CHECK(client.call({"PUBLISH", key_of_shard(0), "x"}).integer() == 0);
}

}  // namespace slotway::tests
