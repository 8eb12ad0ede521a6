// What INFO says about commands and errors, held against redis-server: the same commands count
// alike.
#include "backend/statistics.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/backend/running_server.h"
#include "tests/support/redis_server.h"

namespace slotway::backend {

namespace {

using tests::RespClient;

// The lines of a section of INFO in alphabetical order, without the times.
std::string section(RespClient& client, const std::string& name) {
  const std::string text = client.call({"INFO", name}).text;
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find("\r\n", at), text.size());
    std::string line = text.substr(at, end - at);
    at = end + 2;
    const size_t begin = line.find("usec=");
    if (begin != std::string::npos) line.erase(begin, line.find("rejected") - begin);
    lines.push_back(line);
  }
  std::sort(lines.begin(), lines.end());
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  return all;
}

uint64_t time_of(RespClient& client, const std::string& command) {
  const std::string text = client.call({"INFO", "commandstats"}).text;
  const size_t at = text.find("usec=", text.find("cmdstat_" + command + ":"));
  return std::stoull(text.substr(at + 5));
}

}  // namespace

TEST_CASE("commands and errors are counted as by redis-server") {
  RunningServer store;
  const tests::RedisServer redis;
  RespClient ours = store.client();
  RespClient theirs(redis.port());
  const std::vector<std::vector<std::string>> commands = {
      {"CONFIG", "RESETSTAT"}, {"GET", "a"},
      {"SET", "a", "x"},       {"set", "b", "y", "EX", "0"},
      {"INCR", "a"},           {"GET"},
      {"GET", "a", "b"},       {"NOSUCH", "x"},
      {"CONFIG", "NOSUCH"},    {"CONFIG"},
      {"CONFIG", "GET"},       {"CONFIG", "GET", "maxmemory"},
      {"PING", "1", "2", "3"}, {"AUTH", "someone", "x"},
      {"HELLO", "9"},          {"OBJECT", "ENCODING", "a"},
      {"RENAME", "none", "x"},
  };
  for (RespClient* const client : {&ours, &theirs}) {
    for (const auto& command : commands) client->call(command);
    // An error that nobody is told of counts as well.
    client->request({"CLIENT", "REPLY", "SKIP"});
    client->request({"INCR", "a"});
    CHECK(client->call({"PING"}).text == "PONG");
  }
  RespClient our_broken = store.raw();
  RespClient their_broken(tests::Socket::connect(redis.port()));
  for (RespClient* const client : {&our_broken, &their_broken}) {
    client->send("*1\r\nfoo\r\n");
    CHECK(client->receive_until_end().starts_with("-ERR Protocol error"));
  }
  for (const char* name : {"commandstats", "errorstats"}) {
    CHECK(section(ours, name) == section(theirs, name));
  }
}

TEST_CASE("the slow log has what took long, cut and without passwords") {
  RunningServer running;
  RespClient client = running.client();
  client.call({"CLIENT", "SETNAME", "me"});
  client.call({"CONFIG", "SET", "slowlog-log-slower-than", "0", "slowlog-max-len", "5"});
  client.call({"SLOWLOG", "RESET"});
  client.call({"AUTH", "user", "secret"});
  client.call({"CONFIG", "SET", "timeout", "0", "masterauth", ""});
  std::vector<std::string> many = {"DEL"};
  for (int i = 0; i < 40; ++i) many.push_back(std::to_string(i));
  client.call(many);
  client.call({"ECHO", std::string(200, 'x')});
  const auto shown = client.call({"SLOWLOG", "GET", "-1"});
  REQUIRE(shown.items.size() == 5);
  const auto args = [&](size_t i) { return shown.items[i].items[3].texts(); };
  CHECK(args(0) == std::vector<std::string>{"ECHO", std::string(128, 'x') + "... (72 more bytes)"});
  CHECK(args(1).size() == 32);
  CHECK(args(1).back() == "... (10 more arguments)");
  CHECK(args(2) ==
        std::vector<std::string>{"CONFIG", "SET", "timeout", "0", "masterauth", "(redacted)"});
  CHECK(args(3) == std::vector<std::string>{"AUTH", "(redacted)", "(redacted)"});
  CHECK(shown.items[0].items[5].text == "me");
  // What is faster than the threshold is not there.
  client.call({"CONFIG", "SET", "slowlog-log-slower-than", "20000"});
  client.call({"SLOWLOG", "RESET"});
  client.exchange(tests::encode_request({"SET", "a", "1"}) +
                      tests::encode_request({"DEBUG", "SLEEP", "0.03"}) +
                      tests::encode_request({"GET", "a"}),
                  3);
  const auto slow = client.call({"SLOWLOG", "GET"});
  REQUIRE(slow.items.size() == 1);
  CHECK(slow.items[0].items[3].texts() == std::vector<std::string>{"DEBUG", "SLEEP", "0.03"});
}

TEST_CASE("latency events are kept by second, and histograms by command") {
  RunningServer running;
  RespClient client = running.client();
  client.call({"CONFIG", "SET", "latency-monitor-threshold", "10"});
  client.call({"DEBUG", "SLEEP", "0.02"});
  const auto latest = client.call({"LATENCY", "LATEST"});
  REQUIRE(latest.items.size() == 1);
  CHECK(latest.items[0].items[0].text == "command");
  CHECK(latest.items[0].items[3].integer() >= 19);
  CHECK(client.call({"LATENCY", "HISTORY", "command"}).items.size() == 1);
  CHECK(client.call({"LATENCY", "GRAPH", "none"}).text.starts_with("ERR No samples"));
  CHECK(client.call({"LATENCY", "RESET", "none", "COMMAND"}).integer() == 1);
  const auto histogram = client.call({"LATENCY", "HISTOGRAM", "debug", "none"});
  REQUIRE(histogram.items.size() == 2);
  CHECK(histogram.items[0].text == "debug");
  CHECK(histogram.items[1].items[1].integer() == 1);
  client.call({"CONFIG", "SET", "latency-tracking-info-percentiles", "0 50 100"});
  const std::string info = client.call({"INFO", "latencystats"}).text;
  CHECK(info.find("latency_percentiles_usec_debug:p0=") != std::string::npos);
  CHECK(info.find(",p100=") != std::string::npos);
}

TEST_CASE("a command's time is its own, in a pipeline too") {
  RunningServer running;
  RespClient client = running.client();
  const auto begin = tests::Clock::now();
  client.exchange(tests::encode_request({"SET", "a", "1"}) + tests::encode_request({"GET", "a"}) +
                      tests::encode_request({"DEBUG", "SLEEP", "0.05"}) +
                      tests::encode_request({"GET", "a"}),
                  4);
  const auto took = tests::Clock::now() - begin;
  const uint64_t slept_us = time_of(client, "debug");
  CHECK(slept_us >= 49'900);  // the two clocks differ by a part of a thousand
  CHECK(slept_us <= static_cast<uint64_t>(took / std::chrono::microseconds(1)));
  CHECK(time_of(client, "set") < 40'000);
  CHECK(time_of(client, "get") < 40'000);
  const std::string all = client.call({"INFO", "commandstats"}).text;
  CHECK(all.find("cmdstat_get:calls=2,usec=") != std::string::npos);
}

}  // namespace slotway::backend
