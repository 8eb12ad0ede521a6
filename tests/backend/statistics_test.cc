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

TEST_CASE("a command's time is its own, and that of a pipeline is shared") {
  RunningServer running;
  RespClient client = running.client();
  const auto begin = tests::Clock::now();
  client.call({"DEBUG", "SLEEP", "0.05"});
  const auto took = tests::Clock::now() - begin;
  const uint64_t slept_us = time_of(client, "debug");
  CHECK(slept_us >= 50'000);
  CHECK(slept_us <= static_cast<uint64_t>(took / std::chrono::microseconds(1)));
  client.exchange(tests::encode_request({"SET", "a", "1"}) + tests::encode_request({"GET", "a"}) +
                      tests::encode_request({"DEBUG", "SLEEP", "0.05"}) +
                      tests::encode_request({"GET", "a"}),
                  4);
  CHECK(time_of(client, "get") > time_of(client, "set"));
  CHECK(time_of(client, "set") > 10'000);
  const std::string all = client.call({"INFO", "commandstats"}).text;
  CHECK(all.find("cmdstat_get:calls=2,usec=") != std::string::npos);
}

}  // namespace slotway::backend
