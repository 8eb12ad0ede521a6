#include "config/pool.h"

#include <chrono>

#include "tests/config/parse.h"

namespace slotway::config {

namespace {

using std::chrono::milliseconds;

Pool pool_of(std::string_view lines) { return parsed(pool_with(lines)).pools.at(0); }
std::string error_of(std::string_view lines) { return error_in(pool_with(lines)); }

}  // namespace

TEST_CASE("the defaults of a pool") {
  const Pool pool = pool_of("");
  CHECK(pool.name == "main");
  REQUIRE(pool.listen.size() == 1);
  CHECK(pool.listen[0].text() == "127.0.0.1:6380");
  CHECK(pool.is_protected);
  CHECK(pool.users.empty());
  CHECK(!pool.allow_gaps);
  CHECK(pool.timeouts.connect == milliseconds(1000));
  CHECK(pool.timeouts.request == milliseconds(2000));
  CHECK(pool.timeouts.stall == milliseconds(10'000));
  CHECK(pool.timeouts.partial == milliseconds(30'000));
  CHECK(pool.timeouts.stalled == milliseconds(60'000));
  CHECK(pool.timeouts.idle == milliseconds(0));
  CHECK(pool.limits.clients == 10000);
  CHECK(pool.limits.bulk_size == 512u << 20);
  CHECK(pool.limits.request_size == 1u << 30);
  CHECK(pool.limits.pending_requests == 10000);
  CHECK(pool.limits.pinned_connections == 128);
  CHECK(pool.limits.output_buffer == 64u << 20);
}

TEST_CASE("announce: the proxies that clients in cluster mode are told of") {
  CHECK(pool_of("").announce.empty());
  const Pool one = pool_of("announce: proxy-a.internal:6380");
  REQUIRE(one.announce.size() == 1);
  CHECK(one.announce[0].text() == "proxy-a.internal:6380");
  const Pool two = pool_of("announce: [10.0.0.1:6380, \"[::1]:6380\"]");
  REQUIRE(two.announce.size() == 2);
  CHECK(two.announce[1].text() == "[::1]:6380");
  CHECK(error_of("announce: 10.0.0.1").find("announce: expected HOST:PORT") != std::string::npos);
  CHECK(error_of("announce: [unix:/run/a.sock]").find("expected HOST:PORT") != std::string::npos);
  CHECK(error_of("announce: [a:1, b:1, a:1]").find("expected each proxy once") !=
        std::string::npos);
  CHECK(error_of("announce: { a: 1 }").find("announce: expected") != std::string::npos);
}

TEST_CASE("listen: one address or several") {
  CHECK(pool_of("listen: unix:/run/s.sock").listen[0].path == "/run/s.sock");
  const Pool pool = pool_of("listen: [127.0.0.1:1, \"[::1]:1\", 'unix:/run/s.sock']");
  REQUIRE(pool.listen.size() == 3);
  CHECK(pool.listen[0].text() == "127.0.0.1:1");
  CHECK(pool.listen[1].text() == "[::1]:1");
  CHECK(pool.listen[2].text() == "unix:/run/s.sock");
  const std::string expected =
      "listen: expected an IP address and port such as 127.0.0.1:6380, \"[::1]:6380\" in quotes, "
      "or "
      "unix:/path of at most 107 bytes, got ";
  CHECK(error_of("listen: 6380") == "3:13: " + expected + "'6380'");
  CHECK(error_of("listen: redis-a:6380") == "3:13: " + expected + "'redis-a:6380'");
  CHECK(error_of("listen:\n      - 127.0.0.1:1\n      - 127.0.0.1:70000") ==
        "5:9: " + expected + "'127.0.0.1:70000'");
  CHECK(error_of("listen: [::1]") == "3:14: " + expected + "'::1'");
  CHECK(error_of("listen: { port: 6380 }") == "3:13: " + expected + "a mapping");
  CHECK(error_of("listen: []") == "3:13: listen: expected at least one, got an empty list");
  CHECK(error_of("listen:") == "3:5: " + expected + "nothing");
}

TEST_CASE("an address may be listened on once") {
  CHECK(error_of("listen: [127.0.0.1:1, localhost:1]") ==
        "3:27: listen: expected an address of its own, 127.0.0.1:1 is taken by pool main");
  CHECK(error_of("listen: 127.0.0.1:9180") ==
        "3:13: listen: expected an address of its own, 127.0.0.1:9180 is taken by admin");
  const std::string shards = " shards: { a: { primary: embedded } } }\n";
  CHECK(error_in("pools:\n  one: { listen: \"[::1]:1\"," + shards +
                 "  two: { listen: \"[0::1]:1\"," + shards) ==
        "3:18: listen: expected an address of its own, [::1]:1 is taken by pool one");
  CHECK(error_in("pools:\n  one: {" + shards + "  two: {" + shards) ==
        "3:3: two: expected an address of its own, 127.0.0.1:6380 is taken by pool one");
  CHECK(error_in("admin: 127.0.0.1:6380\npools:\n  one: {" + shards) ==
        "3:3: one: expected an address of its own, 127.0.0.1:6380 is taken by admin");
}

TEST_CASE("a pool open to others needs authentication, or says that it wants none") {
  const std::string expected =
      "listen: expected a loopback address, 'auth', 'users', or 'protected: false', since others "
      "than this machine can connect, got ";
  CHECK(error_of("listen: 0.0.0.0:6380") == "3:13: " + expected + "'0.0.0.0:6380'");
  CHECK(error_of("listen: [127.0.0.1:6380, \"[::]:6380\"]") == "3:30: " + expected + "'[::]:6380'");
  CHECK(error_of("protected: true\n    listen: 10.0.0.1:6380") ==
        "4:13: " + expected + "'10.0.0.1:6380'");
  CHECK(!pool_of("listen: 0.0.0.0:6380\n    protected: false").is_protected);
  const Pool pool = pool_of("listen: 0.0.0.0:6380\n    auth: { password_file: /run/pass }");
  CHECK(pool.is_protected);
  CHECK(pool.users.size() == 1);
  CHECK(pool_of("listen: [127.0.0.2:1, \"[::1]:1\", unix:/x]").listen.size() == 3);
}

TEST_CASE("each time-out") {
  const Timeouts timeouts =
      pool_of(
          "timeouts: { connect: 1ms, request: 2s, stall: 3m, partial: 4h, stalled: 5s, idle: 6s }")
          .timeouts;
  CHECK(timeouts.connect == milliseconds(1));
  CHECK(timeouts.request == milliseconds(2000));
  CHECK(timeouts.stall == milliseconds(180'000));
  CHECK(timeouts.partial == milliseconds(14'400'000));
  CHECK(timeouts.stalled == milliseconds(5000));
  CHECK(timeouts.idle == milliseconds(6000));
  CHECK(pool_of("timeouts:\n      # idle: 1s").timeouts == Timeouts{});
}

TEST_CASE("bad time-outs") {
  const auto expected = [](const std::string& key, const std::string& least) {
    return key + ": expected a duration from " + least + " to 24h, such as 500ms, 2s or 1m, got ";
  };
  for (const std::string key : {"connect", "request", "stall", "partial", "stalled"}) {
    CHECK(error_of("timeouts:\n      " + key + ": 0s") ==
          "4:" + std::to_string(9 + key.size()) + ": " + expected(key, "1ms") + "'0s'");
  }
  CHECK(error_of("timeouts: { idle: 5 }") == "3:23: " + expected("idle", "0ms") + "'5'");
  CHECK(error_of("timeouts: { idle: [5s] }") == "3:23: " + expected("idle", "0ms") + "a list");
  CHECK(error_of("timeouts: { conect: 5s }") ==
        "3:17: unknown key 'conect' in timeouts, did you mean 'connect'?");
  CHECK(error_of("timeouts: 5s") == "3:15: timeouts: expected a mapping, got '5s'");
}

TEST_CASE("each limit") {
  const Limits limits = pool_of(
                            "limits: { clients: 1, bulk_size: 2KiB, request_size: 3MiB,\n"
                            "      pending_requests: 4, output_buffer: 5000 }")
                            .limits;
  CHECK(limits.clients == 1);
  CHECK(limits.bulk_size == 2048);
  CHECK(limits.request_size == 3u << 20);
  CHECK(limits.pending_requests == 4);
  CHECK(limits.output_buffer == 5000);
}

TEST_CASE("bad limits") {
  CHECK(error_of("limits: { clients: 0 }") ==
        "3:24: clients: expected a whole number from 1 to 1000000, got '0'");
  CHECK(error_of("limits: { pending_requests: many }") ==
        "3:33: pending_requests: expected a whole number from 1 to 10000000, got 'many'");
  CHECK(error_of("limits: { bulk_size: 512 }") ==
        "3:26: bulk_size: expected a size from 1KiB to 4GiB, such as 64KiB, 512MiB or 1GiB, got "
        "'512'");
  CHECK(error_of("limits: { output_buffer: 64MB }") ==
        "3:30: output_buffer: expected a size from 1KiB to 64GiB, such as 64KiB, 512MiB or 1GiB, "
        "got '64MB'");
  CHECK(error_of("limits: { bulk_size: 2MiB, request_size: 1MiB }") ==
        "3:46: request_size: expected at least the bulk_size, got '1MiB'");
  CHECK(error_of("limits: { request_size: 1MiB }") ==
        "3:29: request_size: expected at least the bulk_size, got '1MiB'");
  CHECK(error_of("limits: { bulk_size: 2GiB }") ==
        "3:26: bulk_size: expected at most the request_size, 1GiB by default, got '2GiB'");
  CHECK(error_of("limits: { maxclients: 5 }") ==
        "3:15: unknown key 'maxclients' in limits, expected one of clients, bulk_size, "
        "request_size, pending_requests, output_buffer, pinned_connections");
}

TEST_CASE("bad pools") {
  CHECK(error_of("protected: no") == "3:16: protected: expected true or false, got 'no'");
  CHECK(error_of("allow_gaps: 1") == "3:17: allow_gaps: expected true or false, got '1'");
  CHECK(error_of("shard: {}") == "3:5: unknown key 'shard' in main, did you mean 'shards'?");
  CHECK(error_of("upstream: x") == "3:15: upstream: expected a mapping, got 'x'");
  CHECK(error_in("pools:\n  main: x\n") == "2:9: main: expected a mapping, got 'x'");
  CHECK(error_in("pools:\n  main:\n") ==
        "2:3: 'shards' is missing in main, expected a mapping of names to shards");
  CHECK(error_in("pools:\n  a/b: {}\n") ==
        "2:3: pools: expected a name of 1 to 32 letters, digits, '_', '-' and '.', got 'a/b'");
}

}  // namespace slotway::config
