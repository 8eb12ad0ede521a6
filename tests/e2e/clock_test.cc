// The wall clock jumps by an hour: no timer of the proxy follows it.

#include <doctest/doctest.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "tests/e2e/shards.h"

namespace slotway::tests {

namespace {

// The wall clock of the processes that are started with its environment, as libfaketime makes it.
// Their monotonic clocks stay as they are, as when somebody sets the clock of a machine.
class MovableClock {
 public:
  MovableClock() { move("+0"); }

  static std::string library() {
    for (const auto& entry : std::filesystem::directory_iterator("/usr/lib")) {
      const std::filesystem::path path = entry.path() / "faketime/libfaketimeMT.so.1";
      std::error_code ignored;
      if (std::filesystem::exists(path, ignored)) return path.string();
    }
    return {};
  }

  // To so many seconds from the true time, such as "+3600". In one step: a process that reads
  // half of it would not start.
  void move(const std::string& offset) {
    directory_.write("next", offset + "\n");
    std::filesystem::rename(directory_.file("next"), directory_.file("offset"));
  }

  std::vector<std::string> environment() const {
    return {"LD_PRELOAD=" + library(), "FAKETIME_TIMESTAMP_FILE=" + directory_.file("offset"),
            "FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", "FAKETIME_DISABLE_SHM=1"};
  }

 private:
  TempDir directory_;
};

// How many seconds the proxy's wall clock is ahead of the true one.
int64_t seconds_ahead(RespClient& client) {
  const RespValue time = client.call({"TIME"});
  return std::strtoll(time.items.at(0).text.c_str(), nullptr, 10) - std::time(nullptr);
}

bool about(int64_t seconds, int64_t expected) { return std::abs(seconds - expected) < 60; }

}  // namespace

TEST_CASE("a wall clock that jumps fires no timer and holds none back") {
  if (kSanitized || MovableClock::library().empty()) {
    MESSAGE("SKIPPED: the clock is moved by a preloaded library (Debian's faketime), which ",
            kSanitized ? "a sanitizer does not bear" : "is not there");
    return;
  }
  MovableClock clock;
  RedisServer redis;
  const std::vector<ShardEntry> shards = {{"a", redis.address()}};
  // Of two proxies one has time-outs that are not due within this test, but well within an hour.
  ProxyProcess patient({.shards = shards,
                        .pool = {"timeouts: { request: 10m, stall: 10m, partial: 10m, "
                                 "stalled: 10m, idle: 10m }"},
                        .environment = clock.environment()});
  ProxyProcess strict({.shards = shards,
                       .pool = {"timeouts: { request: 500ms, stall: 10m, partial: 500ms }"},
                       .environment = clock.environment()});
  RespClient control = patient.client();
  RespClient idle = patient.client();
  CHECK(idle.call({"SET", "key", "value"}).text == "OK");

  for (const int64_t offset : {3600, -3600}) {
    CAPTURE(offset);
    clock.move("+0");
    REQUIRE(about(seconds_ahead(control), 0));
    redis.suspend();
    RespClient waiting = patient.client();
    waiting.request({"GET", "key"});
    RespClient incomplete = patient.client();
    incomplete.send("*2\r\n$4\r\nPING\r\n$5\r\nhe");
    RespClient hurried = strict.client();
    RespClient hurried_incomplete = strict.client();
    hurried.request({"GET", "key"});
    hurried_incomplete.send("*2\r\n$4\r\nPING\r\n$5\r\nhe");
    REQUIRE(patient.metric_reaches(1, "slotway_shard_in_flight_requests"));
    REQUIRE(strict.metric_reaches(1, "slotway_shard_in_flight_requests"));

    clock.move(offset > 0 ? "+3600" : "-3600");
    CHECK(about(seconds_ahead(control), offset));
    RespClient late = strict.client();
    CHECK(about(seconds_ahead(late), offset));
    // What is due comes, whether its time began before the jump or after it ...
    CHECK(hurried.receive().text.find("no reply within 500 ms") != std::string::npos);
    CHECK(late.call({"GET", "key"}).text.find("no reply within 500 ms") != std::string::npos);
    CHECK(hurried_incomplete.closed());
    // ... and nothing else has come meanwhile.
    CHECK(waiting.silent_for(milliseconds(1)));
    CHECK(idle.silent_for(milliseconds(1)));
    CHECK(patient.metric("slotway_shard_timeouts_total") == 0);
    CHECK(patient.metric("slotway_shard_reconnects_total") == 0);
    redis.resume();
    CHECK(waiting.receive().text == "value");
    incomplete.send("llo\r\n");
    CHECK(incomplete.receive().text == "hello");
    CHECK(idle.call({"GET", "key"}).text == "value");
    REQUIRE(eventually([&] { return strict.client().call({"GET", "key"}).text == "value"; }));
  }
}

}  // namespace slotway::tests
