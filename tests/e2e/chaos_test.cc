// Everything at once: random pipelines of many clients while shards die, stop and come back, slots
// move, and clients are killed. Each command has one reply, in its place, whatever happens.

#include <doctest/doctest.h>

#include <atomic>
#include <future>

#include "tests/e2e/random_commands.h"
#include "tests/e2e/servers.h"

namespace slotway::tests {

namespace {

Command broadcast(RandomCommands& random) {
  static const std::vector<Command> kAll = {{"DBSIZE"},
                                            {"SCAN", "0", "COUNT", "20"},
                                            {"KEYS", "key:1*"},
                                            {"RANDOMKEY"},
                                            {"INFO"},
                                            {"CLIENT", "LIST"},
                                            {"PING"},
                                            {"SELECT", "0"},
                                            {"SCRIPT", "LOAD", "return 1"}};
  return kAll[random.below(kAll.size())];
}

// Sends random pipelines, each command followed by an ECHO of its number, until `stop`. Gives what
// was wrong, or empty. Connections that the server closes are made anew.
std::string talk(uint16_t port, uint32_t seed, const std::atomic<bool>& stop) {
  RandomCommands random(seed);
  int64_t number = 0;
  while (!stop) {
    try {
      RespClient client(port);
      while (!stop) {
        const size_t count = 1 + random.below(40);
        std::string bytes;
        std::vector<Command> commands;
        for (size_t i = 0; i < count; ++i) {
          commands.push_back(random.below(8) == 0 ? broadcast(random) : random.next());
          bytes += encode_request(commands.back());
          bytes += encode_request({"ECHO", std::to_string(number + static_cast<int64_t>(i))});
        }
        if (random.below(50) == 0) {  // goes without waiting
          client.send(bytes);
          break;
        }
        const auto replies = client.exchange(bytes, 2 * count);
        for (size_t i = 0; i < count; ++i) {
          const std::string word = std::to_string(number++);
          const std::string wanted = "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
          if (replies[2 * i + 1] == wanted) continue;
          return commands[i].front() + ": " + replies[2 * i].substr(0, 100) + " then " +
                 replies[2 * i + 1].substr(0, 100) + " instead of " + wanted;
        }
      }
    } catch (const std::runtime_error& error) {
      const std::string text = error.what();
      if (text.find("nothing received") != std::string::npos) return text;
    }
  }
  return {};
}

}  // namespace

TEST_CASE("whatever happens, each command has one reply in its place") {
  RedisShards shards;
  RedisServer fourth;
  const std::vector<std::string> pool = {
      "timeouts: { request: 300ms, stall: 500ms, connect: 300ms }"};
  std::vector<ShardEntry> other = shards.entries();
  other[0].slots = "0-3000";
  other[1].slots = "5461-10922";
  other.push_back({"d", fourth.address(), "3001-5460"});
  ProxyProcess proxy({.shards = shards.entries(), .pool = pool});
  std::atomic<bool> stop{false};
  std::vector<std::future<std::string>> clients;
  for (uint32_t i = 0; i < 8; ++i) {
    clients.push_back(
        std::async(std::launch::async, [&, i] { return talk(proxy.port(), i, stop); }));
  }
  RespClient operator_client = proxy.client();
  const int64_t own = operator_client.call({"CLIENT", "ID"}).integer();
  for (int round = 0; round < 4; ++round) {
    shards.servers[1].kill();
    CHECK(proxy.reload({.shards = other, .pool = pool}));
    std::this_thread::sleep_for(milliseconds(100));
    shards.servers[1].start();
    shards.servers[2].suspend();
    for (int64_t id = own + 1; id < own + 200; id += 3) {
      operator_client.call({"CLIENT", "KILL", "ID", std::to_string(id)});
    }
    CHECK(proxy.reload({.shards = shards.entries(), .pool = pool}));
    std::this_thread::sleep_for(milliseconds(round == 0 ? 700 : 200));
    shards.servers[2].resume();
    RespClient(fourth.port()).call({"CLIENT", "KILL", "TYPE", "normal"});
    RespClient(shards.servers[0].port()).call({"CLIENT", "KILL", "TYPE", "normal"});
    std::this_thread::sleep_for(milliseconds(100));
  }
  stop = true;
  for (auto& client : clients) CHECK(client.get() == "");
  CHECK(proxy.all_shards_connected());
  CHECK(eventually([&] {
    return proxy.metric("slotway_in_flight_requests") == 0 &&
           proxy.metric("slotway_shard_in_flight_requests") == 0 &&
           proxy.metric("slotway_client_connections") == 1;
  }));
}

TEST_CASE("reloads without pause disturb nobody whose slots stay") {
  Served<RedisShards> served;
  const RedisServer fourth;
  std::vector<ShardEntry> other = served.shards.entries();
  other[2].slots = "10923-12000";
  other.push_back({"d", fourth.address(), "12001-16383"});
  std::atomic<bool> stop{false};
  std::vector<std::future<std::string>> clients;
  for (int who = 0; who < 4; ++who) {
    clients.push_back(std::async(std::launch::async, [&, who]() -> std::string {
      RespClient client(served.proxy.port());
      const std::string a = key_of_shard(0, static_cast<size_t>(who));
      const std::string b = key_of_shard(1, static_cast<size_t>(who));
      const std::string moving = "moving:" + std::to_string(who);
      for (int64_t n = 1; !stop; ++n) {
        const std::string text = std::to_string(n);
        const auto replies = client.exchange(
            encode_request({"MSET", a, text, b, text, moving, text}) +
                encode_request({"MGET", b, a}) + encode_request({"INCR", a + ":n"}) +
                encode_request({"DBSIZE"}) + encode_request({"SCAN", "0"}),
            5);
        const std::string bulk = "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
        if (replies[0] != "+OK\r\n") return replies[0];
        if (replies[1] != "*2\r\n" + bulk + bulk) return replies[1];
        if (replies[2] != ":" + text + "\r\n" && shard_of(a + ":n") != 2) return replies[2];
        if (replies[3][0] != ':') return replies[3];
        if (!replies[4].starts_with("*2\r\n")) return replies[4];
      }
      return {};
    }));
  }
  for (int i = 0; i < 10; ++i) {
    CHECK(served.proxy.reload({.shards = other}));
    CHECK(served.proxy.reload({.shards = served.shards.entries()}));
  }
  stop = true;
  for (auto& client : clients) CHECK(client.get() == "");
  CHECK(served.proxy.metric("slotway_request_errors_total") == 0);
}

TEST_CASE("a shard that does not read holds its clients back, and others not") {
  Served<RedisShards> served({"timeouts: { request: 60s, stall: 60s, connect: 60s }"});
  Bystander bystander(served.proxy.port());
  const size_t stopped = (shard_of("bystander") + 1) % kShards;
  REQUIRE(bystander.is_served());
  const size_t before = served.proxy.process().rss_bytes();
  served.shards.servers[stopped].suspend();
  constexpr size_t kClients = 8;
  constexpr size_t kSets = kSanitized ? 40 : 100;  // of 1 MiB each
  std::atomic<size_t> sent{0};
  std::vector<std::future<size_t>> clients;
  for (size_t who = 0; who < kClients; ++who) {
    clients.push_back(std::async(std::launch::async, [&, who] {
      RespClient client(served.proxy.port());
      client.set_limit(4 * kLong);
      const std::string set =
          encode_request({"SET", key_of_shard(stopped, who), std::string(1 << 20, 'x')});
      for (size_t i = 0; i < kSets; ++i) {
        client.send(set);
        ++sent;
      }
      size_t done = 0;
      for (size_t i = 0; i < kSets; ++i) done += client.receive().text == "OK" ? 1 : 0;
      return done;
    }));
  }
  size_t last = 0;
  REQUIRE(eventually([&] {
    std::this_thread::sleep_for(patience(milliseconds(150)));
    return std::exchange(last, sent) == sent && last > 0;
  }));
  CHECK(last < kClients * kSets);
  CHECK(bystander.is_served());
  if (!kSanitized) {
    // 32 MiB a worker for the shard, in blocks that may be a third empty, and a command or two for
    // each client.
    CHECK(served.proxy.process().rss_bytes() < before + (256 << 20));
  }
  served.shards.servers[stopped].resume();
  for (auto& client : clients) CHECK(client.get() == kSets);
  CHECK(bystander.is_served());
}

}  // namespace slotway::tests
