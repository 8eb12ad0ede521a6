// LATENCY: events that took long, held against a redis-server's.

#include <doctest/doctest.h>

#include <ctime>
#include <thread>

#include "tests/e2e/conversation.h"
#include "tests/e2e/shards.h"

namespace slotway::tests {

namespace {

void record_from(RespClient& client, int milliseconds) {
  const std::string threshold = std::to_string(milliseconds);
  REQUIRE(client.call({"CONFIG", "SET", "latency-monitor-threshold", threshold}).text == "OK");
  client.call({"LATENCY", "RESET"});
}

// Of LATEST; empty if there is no such event.
std::vector<RespValue> latest(RespClient& client, const std::string& event) {
  for (const RespValue& entry : client.call({"LATENCY", "LATEST"}).items) {
    if (entry.items.at(0).text == event) return entry.items;
  }
  return {};
}

std::string without_digits(const std::string& text) {
  std::string kept;
  for (const char c : text) {
    if (c < '0' || c > '9') kept += c;
  }
  return kept;
}

// The reply to the command, byte for byte but for its numbers.
std::string shape(RespClient& client, const Command& command) {
  client.request(command);
  return without_digits(client.receive_raw());
}

// What DOCTOR says about the first event.
std::string diagnosis(RespClient& client) {
  const std::string text = client.call({"LATENCY", "DOCTOR"}).text;
  const size_t begin = text.find("\n1. ");
  REQUIRE(begin != std::string::npos);
  return without_digits(text.substr(begin, text.find('\n', begin + 1) - begin));
}

}  // namespace

TEST_CASE("LATENCY tells of a slow command what redis-server tells") {
  const RedisServer redis;
  Served<RedisShards> served;
  for (const int protocol : {2, 3}) {
    RespClient wanted(redis.port(), protocol);
    RespClient client(served.proxy.port(), protocol);
    for (RespClient* each : {&wanted, &client}) {
      record_from(*each, 300);
      CHECK(each->call({"DEBUG", "SLEEP", "0.3"}).text == "OK");
    }
    for (const Command& command : std::vector<Command>{{"LATENCY", "HISTORY", "command"},
                                                       {"LATENCY", "GRAPH", "command"},
                                                       {"LATENCY", "GRAPH", "fast-command"},
                                                       {"LATENCY", "HISTORY", "Command"},
                                                       {"LATENCY", "GRAPH", "Command"}}) {
      CAPTURE(encode_request(command));
      CHECK(shape(client, command) == shape(wanted, command));
    }
    CHECK(diagnosis(client) == diagnosis(wanted));
    for (RespClient* each : {&wanted, &client}) {
      const RespValue history = each->call({"LATENCY", "HISTORY", "command"});
      REQUIRE(history.items.size() == 1);
      const int64_t second = history.items[0].items.at(0).integer();
      const int64_t took = history.items[0].items.at(1).integer();
      CHECK(second <= std::time(nullptr));
      CHECK(second > std::time(nullptr) - 60);
      CHECK(took >= 300);
      CHECK(took < 60'000);
      const std::vector<RespValue> entry = latest(*each, "command");
      REQUIRE(entry.size() == 4);
      CHECK(entry[1].integer() == second);
      CHECK(entry[2].integer() == took);
      CHECK(entry[3].integer() == took);
      CHECK(each->call({"LATENCY", "RESET", "COMMAND", "nosuch", "command"}).integer() == 1);
      CHECK(latest(*each, "command").empty());
    }
  }
}

TEST_CASE("events of all workers are one, of each second the largest") {
  Served<EmbeddedShards> served;
  std::vector<RespClient> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(served.proxy.client());
  record_from(clients[0], 100);
  for (size_t i = 0; i < clients.size(); ++i) {
    clients[i].request({"DEBUG", "SLEEP", "0." + std::to_string(i + 1)});
  }
  for (RespClient& client : clients) CHECK(client.receive().text == "OK");
  const std::string told = clients[0].call({"LATENCY", "HISTORY", "command"}).to_string();
  for (RespClient& client : clients) {
    const RespValue history = client.call({"LATENCY", "HISTORY", "command"});
    CHECK(history.to_string() == told);
    int64_t before = 0;
    int64_t largest = 0;
    for (const RespValue& sample : history.items) {
      CHECK(sample.items.at(0).integer() > before);
      before = sample.items[0].integer();
      largest = std::max(largest, sample.items.at(1).integer());
    }
    CHECK(largest >= 800);
    CHECK(latest(client, "command").at(3).integer() == largest);
  }
  CHECK(clients[1].call({"CONFIG", "SET", "latency-monitor-threshold", "0"}).text == "OK");
  CHECK(clients[2].call({"LATENCY", "RESET"}).integer() >= 1);
  CHECK(clients[3].call({"LATENCY", "RESET"}).integer() == 0);
  CHECK(clients[4].call({"DEBUG", "SLEEP", "0.1"}).text == "OK");
  for (RespClient& client : clients) CHECK(client.call({"LATENCY", "LATEST"}).items.empty());
}

TEST_CASE("what waited for a slow shard is an event of its kind of command") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  RespClient shard(served.shards.servers[0].port());
  const std::string key = key_of_shard(0);
  record_from(client, 200);
  const auto ask_slow_shard = [&](const Command& command) {
    shard.request({"DEBUG", "SLEEP", "0.4"});
    CHECK(shard.silent_for(milliseconds(50)));
    CHECK(!client.call(command).is_error());
    CHECK(shard.receive().text == "OK");
  };
  ask_slow_shard({"GET", key});
  CHECK(latest(client, "fast-command").at(2).integer() >= 200);
  CHECK(latest(client, "command").empty());
  CHECK(client.call({"LATENCY", "RESET", "fast-command"}).integer() == 1);
  ask_slow_shard({"SET", key, "value"});
  CHECK(latest(client, "command").at(2).integer() >= 200);
  CHECK(latest(client, "fast-command").empty());
}

TEST_CASE("to block as long as was asked for is no event") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  record_from(client, 200);
  CHECK(client.call({"BLPOP", "list", "0.4"}).null);
  CHECK(client.call({"WAIT", "1", "400"}).integer() == 0);
  CHECK(latest(client, "command").empty());
  CHECK(client.call({"DEBUG", "SLEEP", "0.2"}).text == "OK");
  CHECK(latest(client, "command").size() == 4);
}

TEST_CASE("a worker that stood still is an event") {
  Served<EmbeddedShards> served;
  RespClient client = served.proxy.client();
  record_from(client, 300);
  served.proxy.process().suspend();
  std::this_thread::sleep_for(milliseconds(400));
  served.proxy.process().resume();
  CHECK(eventually([&] { return !latest(client, "loop").empty(); }));
  CHECK(latest(client, "loop").at(3).integer() >= 300);
  CHECK(client.call({"LATENCY", "DOCTOR"}).text.find("loop: 1 latency spikes") !=
        std::string::npos);
}

TEST_CASE("wrong uses of LATENCY and its setting are refused as by redis-server") {
  const RedisServer redis;
  Served<EmbeddedShards> served;
  RespClient wanted(redis.port());
  RespClient client = served.proxy.client();
  check_same(client, wanted,
             {
                 {"CONFIG", "GET", "latency-monitor-threshold"},
                 {"CONFIG", "SET", "latency-monitor-threshold", "x"},
                 {"CONFIG", "SET", "latency-monitor-threshold", "-1"},
                 {"CONFIG", "SET", "latency-monitor-threshold"},
                 {"CONFIG", "SET", "latency-monitor-threshold", "9223372036854775807"},
                 {"CONFIG", "GET", "Latency-Monitor-*"},
                 {"CONFIG", "SET", "latency-monitor-threshold", "5000", "slowlog-max-len", "7"},
                 {"CONFIG", "GET", "latency-monitor-threshold"},
                 {"CONFIG", "GET", "slowlog-max-len"},
                 {"LATENCY", "LATEST", "x"},
                 {"LATENCY", "HISTORY"},
                 {"LATENCY", "GRAPH", "nosuch"},
                 {"LATENCY", "HISTORY", "nosuch"},
                 {"LATENCY", "RESET", "nosuch"},
                 {"LATENCY", "HELP", "x"},
             });
}

}  // namespace slotway::tests
