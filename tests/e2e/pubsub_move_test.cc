// What is published while slots move: every message arrives, once and in order.

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <map>

#include "tests/e2e/shards.h"
#include "tests/support/fake_backend.h"

namespace slotway::tests {

namespace {

constexpr int kPublishers = 3;
constexpr int kListeners = 4;
constexpr size_t kChannels = 6;  // of each publisher
constexpr unsigned kWorkers = 3;

std::string channel_of(int publisher, size_t number) {
  return "p" + std::to_string(publisher) + ":" + std::to_string(number);
}

// Publishes 1, 2, 3, ... to each of its channels until it is stopped, and then "end".
std::string publish(const ProxyProcess& proxy, int publisher, const std::atomic<bool>& stop,
                    std::atomic<int>& rounds) {
  RespClient client = proxy.client();
  for (int number = 1;; ++number) {
    const std::string text = stop ? "end" : std::to_string(number);
    for (size_t i = 0; i < kChannels; ++i) {
      for (const char* word : {"PUBLISH", "SPUBLISH"}) {
        const RespValue reply = client.call({word, channel_of(publisher, i), text});
        if (reply.is_error()) return reply.text + "; ";
      }
    }
    ++rounds;
    if (text == "end") return {};
  }
}

std::vector<std::string> all_channels() {
  std::vector<std::string> names;
  for (int publisher = 0; publisher < kPublishers; ++publisher) {
    for (size_t i = 0; i < kChannels; ++i) names.push_back(channel_of(publisher, i));
  }
  return names;
}

// Has subscribed to everything in each of the three ways.
RespClient make_listener(const ProxyProcess& proxy) {
  RespClient client = proxy.client();
  std::vector<std::string> names = all_channels();
  for (const char* word : {"SUBSCRIBE", "SSUBSCRIBE"}) {
    Command command = {word};
    command.insert(command.end(), names.begin(), names.end());
    client.request(command);
    for (size_t i = 0; i < names.size(); ++i) REQUIRE(!client.receive().is_error());
  }
  REQUIRE(!client.call({"PSUBSCRIBE", "p*"}).is_error());
  return client;
}

// Reads until each channel has come to its end in each of the three ways. What was lost, came
// twice, or out of order.
std::string listen(RespClient& client) {
  std::map<std::pair<std::string, std::string>, int> last;
  size_t ended = 0;
  size_t wrong = 0;
  std::string first;
  try {
    while (ended < 3 * kPublishers * kChannels) {
      const std::vector<std::string> message = client.receive().texts();
      const std::string& text = message.back();
      if (text == "end") {
        ++ended;
        continue;
      }
      const std::string& word = message.front();
      int& number = last[{word, message[message.size() - 2]}];
      if (std::stoi(text) != number + 1 && wrong++ == 0) {
        first = word + " " + message[message.size() - 2] + ": " + text + " behind " +
                std::to_string(number);
      }
      number = std::stoi(text);
    }
  } catch (const std::exception& error) {
    first += std::string("; ") + error.what();
    ++wrong;
  }
  return wrong == 0 ? "" : std::to_string(wrong) + " wrong, the first: " + first + "; ";
}

// One reload after another to each of `steps`, all along with messages.
void check_moves(const std::vector<std::vector<ShardEntry>>& steps, int reloads) {
  ProxyProcess proxy({.shards = steps.front(), .workers = kWorkers});
  std::vector<RespClient> clients;
  for (int i = 0; i < kListeners; ++i) clients.push_back(make_listener(proxy));
  std::vector<std::future<std::string>> threads;
  for (RespClient& client : clients) {
    threads.push_back(std::async(std::launch::async, [&client] { return listen(client); }));
  }
  std::atomic<bool> stop = false;
  std::atomic<int> rounds = 0;
  for (int i = 0; i < kPublishers; ++i) {
    threads.push_back(
        std::async(std::launch::async, [&, i] { return publish(proxy, i, stop, rounds); }));
  }
  bool reloaded = true;
  for (int i = 1; i <= reloads && reloaded; ++i) {
    const int before = rounds;
    reloaded = proxy.reload(
                   {.shards = steps[static_cast<size_t>(i) % steps.size()], .workers = kWorkers}) &&
               eventually([&] { return rounds > before; });
  }
  stop = true;
  std::string wrong;
  for (auto& thread : threads) wrong += thread.get();
  CHECK(reloaded);
  CHECK(wrong == "");
}

void check_late_message() {
  const RedisServer next;
  constexpr std::string_view kGreeting = "%1\r\n$5\r\nproto\r\n:3\r\n";
  std::atomic<bool> published = false;
  // Sends a message when it is asked for a sign of life after the next owner is listened to.
  const FakeBackend old([&](FakeConnection& connection) {
    RespClient other(next.port());
    bool has_listener = false;
    while (const auto command = connection.receive()) {
      if (command->front() == "subscribe") {
        has_listener = true;
        connection.send(">3\r\n$9\r\nsubscribe\r\n$2\r\nch\r\n:1\r\n");
      } else if (command->front() == "HELLO") {
        if (has_listener && published &&
            other.call({"PUBSUB", "NUMSUB", "ch"}).items[1].integer() == 1) {
          published = false;
          connection.send(">3\r\n$7\r\nmessage\r\n$2\r\nch\r\n$4\r\nlate\r\n");
        }
        connection.send(kGreeting);
      } else if (command->front() == "PUBLISH") {
        published = true;
        connection.send(":1\r\n");
      }
    }
  });
  ProxyOptions options{.shards = {{"a", old.address()}}, .workers = 1};
  ProxyProcess proxy(options);
  RespClient listener = proxy.client();
  REQUIRE(!listener.call({"SUBSCRIBE", "ch"}).is_error());
  RespClient publisher = proxy.client();
  REQUIRE(publisher.call({"PUBLISH", "ch", "late"}).integer() == 1);
  options.shards = {{"b", next.address()}};
  REQUIRE(proxy.reload(options));
  CHECK(publisher.call({"PUBLISH", "ch", "after"}).integer() == 1);
  CHECK(listener.receive().items.back().text == "late");
  CHECK(listener.receive().items.back().text == "after");
}

constexpr const char* kLow = "0-8191";
constexpr const char* kHigh = "8192-16383";

}  // namespace

TEST_CASE("no message is lost or doubled while two shards swap their slots") {
  const RedisServer one;
  const RedisServer two;
  check_moves({{{"a", one.address(), kLow}, {"b", two.address(), kHigh}},
               {{"a", one.address(), kHigh}, {"b", two.address(), kLow}}},
              20);
}

TEST_CASE("no message is lost or doubled while shards come, go and change their names") {
  const RedisServer one;
  const RedisServer two;
  const RedisServer three;
  check_moves({{{"a", one.address(), kLow}, {"b", two.address(), kHigh}},
               {{"b", two.address(), kHigh}, {"c", three.address(), kLow}},
               {{"b", two.address()}},
               {{"d", two.address()}},
               {{"a", one.address(), kLow}, {"d", two.address(), kHigh}}},
              20);
}

TEST_CASE("what an old owner is late to send arrives, and in front of what the next one sends") {
  // It is asked now and then anyway: one round could go well by chance.
  for (int round = 0; round < 8; ++round) check_late_message();
}

TEST_CASE("a move does not wait for ever for a new owner that does not listen for anybody") {
  const RedisServer one;
  RedisServer two;
  ProxyOptions options{.shards = {{"a", one.address()}},
                       .pool = {"timeouts: { request: 300ms, stall: 1s }"},
                       .workers = kWorkers};
  ProxyProcess proxy(options);
  RespClient listener = make_listener(proxy);
  two.suspend();
  options.shards = {{"b", two.address()}};
  REQUIRE(proxy.reload(options));
  two.resume();
  // All that there is comes in the end, by each of the two subscriptions.
  RespClient publisher = proxy.client();
  CHECK(eventually([&] {
    const RespValue reply = publisher.call({"PUBLISH", channel_of(0, 0), "x"});
    return !reply.is_error() && reply.integer() == 2;
  }));
  CHECK(listener.receive().items.back().text == "x");
}

}  // namespace slotway::tests
