// slotway-load with a rate, lines at intervals, profiles and a flash key, on a real redis-server.

#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/process.h"
#include "tests/support/redis_server.h"
#include "tests/support/resp_client.h"

namespace slotway::tests {

namespace {

// The lines of JSON that a run prints; the last one is the total. It must have ended well.
std::vector<nlohmann::json> lines_of(const RedisServer& server, const std::string& options) {
  const Finished finished = run_program(
      {"sh", "-c", "exec " SLOTWAY_LOAD_PATH " " + server.address() + " --json " + options});
  INFO(finished.output);
  CHECK(finished.code == 0);
  std::vector<nlohmann::json> lines;
  if (options.find("--every") == std::string::npos) {
    lines.push_back(nlohmann::json::parse(finished.output, nullptr, false));
  } else {
    std::istringstream output(finished.output);
    for (std::string line; std::getline(output, line);) {
      lines.push_back(nlohmann::json::parse(line, nullptr, false));
    }
  }
  REQUIRE_FALSE(lines.empty());
  for (const auto& line : lines) REQUIRE(line.is_object());
  return lines;
}

nlohmann::json total_of(const RedisServer& server, const std::string& options) {
  return lines_of(server, options).back();
}

constexpr double kStallUs = 300'000;  // of DEBUG SLEEP 0.3

}  // namespace

TEST_CASE("an open loop asks all that is due, and takes its time for it") {
  const RedisServer server;
  // Few a second, many a second, and more than one a wake.
  for (const int rate : {50, 3000, 40'000}) {
    CAPTURE(rate);
    const auto report =
        total_of(server, "-c 4 -P 16 --preload --seconds 0.5 --rate " + std::to_string(rate));
    CHECK(report["requests"] == rate / 2);
    // The last one is due that late; a busy machine may take longer.
    CHECK(report["seconds"] >= 0.5 * (rate / 2 - 1) / (rate / 2));
    CHECK(report["options"]["loop"] == "open");
    CHECK(report["missing"] == 0);
  }
  const auto counted = total_of(server, "-n 100 --rate 1000");
  CHECK(counted["requests"] == 100);
  CHECK(counted["seconds"] >= 0.099);
}

TEST_CASE("what was due while the server stood still counts its wait") {
  const RedisServer server({"--enable-debug-command", "yes"});
  RespClient sleeper(server.port());
  // One of 2 connections holds one request: an open loop must count the hundreds behind it, of
  // which a closed one knows nothing.
  Process loop({SLOTWAY_LOAD_PATH, server.address(), "-c", "2", "--rate", "2000", "--seconds",
                "1.5", "--every", "0.1", "--json"});
  REQUIRE(loop.wait_for_output("interval"));
  REQUIRE(sleeper.call({"DEBUG", "SLEEP", "0.3"}).text == "OK");
  REQUIRE(loop.wait_exit() == 0);
  const std::string output = loop.output();
  CAPTURE(output);
  const size_t begin = output.rfind("\n", output.size() - 2) + 1;
  const auto report = nlohmann::json::parse(output.substr(begin));
  CHECK(report["requests"] == 3000);
  // A fifth of all was due during the stall.
  CHECK(report["max_us"] >= 0.95 * kStallUs);
  CHECK(report["p99_us"] >= 0.8 * kStallUs);
  CHECK(report["p90_us"] >= 0.3 * kStallUs);
  // The lines show it, and add up.
  uint64_t sum = 0;
  uint64_t most_waiting = 0;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    const auto json = nlohmann::json::parse(line);
    if (json["report"] != "interval") continue;
    sum += json["requests"].get<uint64_t>();
    most_waiting = std::max(most_waiting, json["waiting"].get<uint64_t>());
  }
  CHECK(sum == 3000);
  CHECK(most_waiting >= 100);
}

TEST_CASE("a closed loop does not see what it did not ask") {
  const RedisServer server({"--enable-debug-command", "yes"});
  RespClient sleeper(server.port());
  Process loop({SLOTWAY_LOAD_PATH, server.address(), "-c", "2", "--seconds", "1.5", "--every",
                "0.1", "--json"});
  REQUIRE(loop.wait_for_output("interval"));
  REQUIRE(sleeper.call({"DEBUG", "SLEEP", "0.3"}).text == "OK");
  REQUIRE(loop.wait_exit() == 0);
  const std::string output = loop.output();
  const auto report =
      nlohmann::json::parse(output.substr(output.rfind("\n", output.size() - 2) + 1));
  CHECK(report["max_us"] >= 0.95 * kStallUs);
  CHECK(report["p99_us"] < 0.3 * kStallUs);
}

TEST_CASE("every profile, over and over the same keys, with nothing wrong") {
  const RedisServer server;
  for (const std::string name :
       {"twitter-read", "twitter-extreme", "twitter-mixed", "twitter-half-writes",
        "twitter-write-heavy", "twitter-counters", "twitter-large", "ycsb-a", "ycsb-b"}) {
    CAPTURE(name);
    RespClient(server.port()).call({"FLUSHALL"});
    const auto report = total_of(server, "-c 8 -P 8 -k 200 --preload -n 4000 -w " + name);
    CHECK(report["requests"] == 4000);
    CHECK(report["missing"] == 0);
    CHECK(report["options"]["workload"] == name);
    uint64_t sum = 0;
    for (const auto& [command, count] : report["commands"].items()) sum += count.get<uint64_t>();
    CHECK(sum == 4000);
  }
}

TEST_CASE("a profile as the server sees it") {
  const RedisServer server;
  const auto report = total_of(server, "-c 4 -P 16 -k 1000 -n 20000 -w twitter-counters --preload");
  RespClient client(server.port());
  const std::string stats = client.call({"INFO", "commandstats"}).text;
  const auto calls = [&](const std::string& command) {
    const size_t at = stats.find("cmdstat_" + command + ":calls=");
    return at == std::string::npos ? 0 : std::stoul(stats.substr(stats.find('=', at) + 1));
  };
  CHECK(calls("get") == report["commands"]["GET"]);
  CHECK(calls("set") == report["commands"]["SET"].get<uint64_t>() + 1000);
  CHECK(calls("incr") == report["commands"]["INCR"]);
  CHECK(std::abs(static_cast<double>(calls("incr")) / 20'000 - .30 / .97) < .02);
  const std::string key = "key:" + std::string(28, '0') + "007";
  CHECK(client.call({"STRLEN", key}).integer() == 224);
  const int64_t ttl = client.call({"TTL", key}).integer();
  CHECK(ttl > 60);
  CHECK(ttl <= 120);
}

TEST_CASE("what is given on the command line comes before the profile") {
  const RedisServer server;
  const auto report =
      total_of(server, "-k 100 -n 1000 -w ycsb-a --preload --ttl 50 --key-size 15 -d 33 --zipf 0");
  CHECK(report["options"]["zipf"] == 0);
  RespClient client(server.port());
  CHECK(client.call({"STRLEN", "key:00000000042"}).integer() == 33);
  CHECK(client.call({"TTL", "key:00000000042"}).integer() <= 50);
  CHECK(client.call({"TTL", "key:00000000042"}).integer() > 0);
}

TEST_CASE("keys that outlive their TTL may be missing, and no others") {
  const RedisServer server;
  // Nothing writes them again.
  const auto report = total_of(server, "-c 2 -k 10 --rate 200 --seconds 2 --preload --ttl 1");
  CHECK(report["missing"] > 0);
  CHECK(report["missing"] < 400);
}

TEST_CASE("a flash key takes its share from its time on") {
  const RedisServer server;
  const auto lines = lines_of(server,
                              "-c 4 -P 16 -k 10000 --preload --rate 20000 --seconds 1 --every 0.1 "
                              "--flash-share 0.2 --flash-at 0.5 --flash-key 77");
  const auto& total = lines.back();
  CHECK(total["report"] == "total");
  CHECK(total["requests"] == 20'000);
  CHECK(std::abs(total["flash_key_requests"].get<double>() / 20'000 - .1) < .01);
  // By the time at which they were due: all before has gone to it as to any other key.
  uint64_t before = 0;
  for (const auto& line : lines) {
    if (line["report"] == "interval" && line["to_s"] < 0.5) {
      before += line["flash_key_requests"].get<uint64_t>();
    }
  }
  CHECK(before < 20);
}

TEST_CASE("a hot set that shifts is asked for in full") {
  const RedisServer server;
  const auto report = total_of(
      server, "-k 100 -P 8 --preload --seconds 0.3 --zipf 1.5 --shift-top 5 --shift-every 20");
  CHECK(report["missing"] == 0);
  CHECK(report["options"]["shift_top"] == 5);
}

TEST_CASE("what makes no sense is refused") {
  for (const std::string options :
       {"-w nothing", "--zipf -1", "--rate 0", "-d 20 --key-size 30", "--shift-every 100",
        "--shift-every 100 --shift-top 51 -k 100", "--flash-share 2",
        "--flash-share 0.1 --flash-key 100 -k 100", "--flash-at 1", "--shift-top 5", "-n -5",
        "--zipf nan", "--rate nan", "--flash-share nan", "--seconds 1e300", "--every 1e300"}) {
    CAPTURE(options);
    const Finished finished =
        run_program({"sh", "-c", "exec " SLOTWAY_LOAD_PATH " 127.0.0.1:1 " + options});
    CHECK(finished.code > 1);
    CHECK_FALSE(finished.output.empty());
  }
  const Finished help = run_program({SLOTWAY_LOAD_PATH, "--help"});
  CHECK(help.code == 0);
  for (const std::string word : {"--rate", "--zipf", "--flash-share", "twitter-large", "ycsb-a"}) {
    CHECK(help.output.find(word) != std::string::npos);
  }
}

}  // namespace slotway::tests
