// Shards that die, stop, are slow or cannot be reached: only their own requests fail.

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "tests/e2e/load.h"
#include "tests/e2e/servers.h"
#include "tests/support/fake_backend.h"

namespace slotway::tests {

namespace {

// Of clients with two_keys_each(): those of shard b have seen errors and their end, the others
// none.
void check_only_b_failed(const std::vector<Seen>& seen) {
  for (size_t i = 0; i < seen.size(); ++i) {
    CAPTURE(i);
    CHECK(seen[i].wrong == "");
    CHECK((seen[i].errors > 0) == (i % kShards == 1));
    CHECK((seen[i].healed > 0) == (i % kShards == 1));
  }
}

}  // namespace

TEST_CASE_TEMPLATE("a shard killed under load fails its own requests and comes back", Shards,
                   RedisShards, StoreShards) {
  Served<Shards> served;
  Load load(served.proxy.port(), two_keys_each());
  REQUIRE(load.goes_on());
  served.shards.servers[1].kill();
  REQUIRE(served.proxy.metric_reaches(5, "slotway_shard_reconnects_total", "shard=\"b\""));
  served.shards.servers[1].start();
  REQUIRE(load.goes_on());
  check_only_b_failed(load.finish());
  CHECK(served.proxy.metric("slotway_shard_reconnects_total", "shard=\"a\"") == 0);
  CHECK(served.proxy.metric("slotway_in_flight_requests") == 0);
  // A worker may still be greeting the shard that is back.
  CHECK(eventually([&] { return served.proxy.metric("slotway_shard_in_flight_requests") == 0; }));
  // With pauses that grow, a second of absence is few attempts.
  CHECK(served.proxy.metric("slotway_shard_reconnects_total", "shard=\"b\"") < 100);
}

TEST_CASE_TEMPLATE("a shard that stops is replaced after `stall` and no late reply reaches anyone",
                   Shards, RedisShards, StoreShards) {
  const std::string request = std::to_string(patience(milliseconds(300)).count());
  const std::string stall = std::to_string(patience(milliseconds(1000)).count());
  Served<Shards> served(
      {"timeouts: { request: " + request + "ms, stall: " + stall + "ms, connect: 1s }"});
  Load load(served.proxy.port(), two_keys_each(), 3);
  REQUIRE(load.goes_on());
  served.shards.servers[1].suspend();
  REQUIRE(served.proxy.metric_reaches(2, "slotway_shard_reconnects_total", "shard=\"b\""));
  CHECK(served.proxy.metric("slotway_shard_timeouts_total", "shard=\"b\"") > 0);
  served.shards.servers[1].resume();
  REQUIRE(load.goes_on());
  check_only_b_failed(load.finish());
  CHECK(served.proxy.metric("slotway_shard_timeouts_total", "shard=\"a\"") == 0);
  // A worker may still be greeting the shard that is back.
  CHECK(eventually([&] { return served.proxy.metric("slotway_shard_in_flight_requests") == 0; }));
}

TEST_CASE_TEMPLATE("a shard that is slow keeps its connection", Shards, RedisShards, StoreShards) {
  const std::string request = std::to_string(patience(milliseconds(200)).count());
  Served<Shards> served({"timeouts: { request: " + request + "ms, stall: 60s }"});
  RespClient client = served.proxy.client();
  const std::string slow = key_of_shard(1);
  const std::string fast = key_of_shard(0);
  CHECK(client.call({"SET", slow, "before"}).text == "OK");
  served.shards.servers[1].suspend();
  client.send(encode_request({"SET", slow, "meanwhile"}) + encode_request({"GET", slow}) +
              encode_request({"INCR", fast}) + encode_request({"MGET", slow, fast}));
  const RespValue set = client.receive();
  CHECK(set.text.find("no reply within " + request + " ms") != std::string::npos);
  CHECK(set.text.find("unknown") != std::string::npos);  // a write: executed or not
  const RespValue get = client.receive();
  CHECK(get.text.find("no reply within") != std::string::npos);
  CHECK(get.text.find("unknown") == std::string::npos);
  CHECK(client.receive().integer() == 1);
  CHECK(client.receive().text.find("no reply within") != std::string::npos);
  served.shards.servers[1].resume();
  // The late replies are swallowed; the next request gets its own.
  CHECK(client.call({"ECHO", "x"}).text == "x");
  CHECK(eventually([&] { return client.call({"STRLEN", slow}).type == ':'; }));
  CHECK(client.call({"GET", slow}).text == "meanwhile");
  CHECK(client.call({"MGET", fast, slow}).to_string() == "*2[$1 $meanwhile]");
  CHECK(served.proxy.metric("slotway_shard_timeouts_total", "shard=\"b\"") >= 3);
  CHECK(served.proxy.metric("slotway_shard_reconnects_total") == 0);
}

TEST_CASE("a connect that is never answered fails in time, and then at once") {
  const FullListener full;
  const RedisServer first;
  const RedisServer third;
  ProxyProcess proxy({.shards = three_entries({first.address(), full.address(), third.address()}),
                      .pool = {"timeouts: { connect: 300ms, request: 5s }"},
                      .wait_for_shards = false});
  RespClient client = proxy.client();
  const auto begin = Clock::now();
  CHECK(client.call({"GET", key_of_shard(1)}).text.find("'b'") != std::string::npos);
  CHECK(Clock::now() - begin < patience(milliseconds(1500)));
  REQUIRE(proxy.metric_reaches(2, "slotway_shard_reconnects_total", "shard=\"b\""));
  const auto later = Clock::now();
  for (int i = 0; i < 20; ++i) {
    CHECK(client.call({"GET", key_of_shard(1)}).text.find("out of reach") != std::string::npos);
  }
  CHECK(Clock::now() - later < patience(milliseconds(200)));
  CHECK(client.call({"SET", key_of_shard(0), "x"}).text == "OK");
  CHECK(client.call({"SET", key_of_shard(2), "x"}).text == "OK");
}

TEST_CASE("of the addresses of a name each is tried") {
  if (kSanitized) {
    MESSAGE("SKIPPED: the name is made by a preloaded library, which a sanitizer does not bear");
    return;
  }
  RedisServer redis;  // on the second address alone
  ProxyProcess proxy({.shards = {{"a", "two-addresses.test:" + std::to_string(redis.port())}},
                      .environment = {std::string("LD_PRELOAD=") + SLOTWAY_TWO_ADDRESSES}});
  RespClient client = proxy.client();
  CHECK(client.call({"SET", "key", "1"}).text == "OK");
  redis.kill();
  CHECK(eventually([&] { return client.call({"GET", "key"}).is_error(); }));
  redis.start();
  CHECK(eventually([&] { return !client.call({"GET", "key"}).is_error(); }));
}

TEST_CASE_TEMPLATE("with all shards down the proxy starts, says so, and heals", Shards, RedisShards,
                   StoreShards) {
  Shards shards;
  for (auto& server : shards.servers) server.kill();
  ProxyProcess proxy({.shards = shards.entries(), .wait_for_shards = false});
  RespClient client = proxy.client();
  CHECK(client.call({"PING"}).text == "PONG");
  for (size_t i = 0; i < kShards; ++i) {
    CHECK(eventually([&] {
      const std::string error = client.call({"GET", key_of_shard(i)}).text;
      return error.find("shard '" + std::string(kShardNames[i]) + "'") != std::string::npos &&
             error.find("refused") != std::string::npos;
    }));
  }
  CHECK(client.call({"DBSIZE"}).is_error());
  CHECK(client.call({"MGET", key_of_shard(0), key_of_shard(1)}).is_error());
  for (auto& server : shards.servers) server.start();
  CHECK(proxy.all_shards_connected());
  for (size_t i = 0; i < kShards; ++i) {
    CHECK(client.call({"SET", key_of_shard(i), "x"}).text == "OK");
  }
  CHECK(client.call({"DBSIZE"}).integer() == 3);
}

TEST_CASE("a shard that asks for a password gets it, and a wrong one is named") {
  const RedisServer guarded({"--requirepass", "secret"});
  const TempDir files;
  files.write("right", "secret\n");
  files.write("wrong", "guess\n");
  for (const char* file : {"right", "wrong"}) {
    ProxyProcess proxy({.shards = {{"a", guarded.address()}},
                        .pool = {"upstream: { password_file: " + files.file(file) + " }"},
                        .wait_for_shards = false});
    RespClient client = proxy.client();
    if (file == std::string("right")) {
      REQUIRE(proxy.all_shards_connected());
      CHECK(client.call({"SET", "key", "value"}).text == "OK");
    } else {
      CHECK(eventually([&] {
        return client.call({"GET", "key"}).text.find("credentials") != std::string::npos;
      }));
    }
  }
}

TEST_CASE_TEMPLATE("a shard that stays silent is not asked until it answers a probe", Shards,
                   RedisShards, StoreShards) {
  const milliseconds request = patience(milliseconds(200));
  Served<Shards> served({"timeouts: { request: " + std::to_string(request.count()) +
                         "ms, stall: 600s, connect: 600s }"});
  const std::string key = key_of_shard(1);
  const std::string fast = key_of_shard(0);
  RespClient client = served.proxy.client();
  CHECK(client.call({"SET", key, "before"}).text == "OK");
  served.shards.servers[1].suspend();
  const auto refused = [&] {
    return client.call({"GET", key}).text.find("its last requests all timed out") !=
           std::string::npos;
  };
  const auto stopped = Clock::now();
  while (!refused() && Clock::now() < stopped + kLong) continue;
  // Not by one pause of a shard: a time-out has passed since the first one.
  CHECK(Clock::now() - stopped >= 2 * request);
  // Everything that needs the shard is refused at once, a split command too; nothing else is.
  for (int i = 0; i < 100; ++i) {
    CHECK(refused());
    CHECK(client.call({"INCR", fast}).integer() == i + 1);
  }
  CHECK(client.call({"MGET", key, fast}).is_error());
  CHECK(served.proxy.metric_reaches(1, "slotway_shard_breakers_open", "shard=\"b\""));
  CHECK(served.proxy.metric("slotway_shard_breakers_open", "shard=\"a\"") == 0);
  CHECK(served.proxy.metric("slotway_shard_timeouts_total", "shard=\"b\"") < 20);
  served.shards.servers[1].resume();
  const auto resumed = Clock::now();
  while (refused() && Clock::now() < resumed + kLong) continue;
  CHECK(client.call({"GET", key}).text == "before");
  CHECK(served.proxy.process().wait_for_output("shard 'b' (" + served.shards.servers[1].address() +
                                               ") answers again"));
  CHECK(served.proxy.metric("slotway_shard_breakers_open", "shard=\"b\"") == 0);
  // The connection is the one of before: no write was lost to a reconnect.
  CHECK(served.proxy.metric("slotway_shard_reconnects_total", "shard=\"b\"") == 0);
}

TEST_CASE("a shard that is replaced while it is not asked leaves no trace") {
  RedisServer old;
  RedisServer other;
  const std::vector<std::string> pool = {"timeouts: { request: 100ms, stall: 600s }"};
  ProxyProcess proxy({.shards = {{"a", old.address()}}, .pool = pool, .workers = 1});
  old.suspend();
  RespClient client = proxy.client();
  const auto begun = Clock::now();
  while (client.call({"GET", "key"}).text.find("all timed out") == std::string::npos &&
         Clock::now() < begun + kLong) {
    continue;
  }
  REQUIRE(proxy.metric_reaches(1, "slotway_shard_breakers_open"));
  REQUIRE(proxy.reload({.shards = {{"a", other.address()}}, .pool = pool, .workers = 1}));
  CHECK(eventually([&] { return client.call({"SET", "key", "x"}).text == "OK"; }));
  for (int i = 0; i < 20; ++i) {
    CHECK(proxy.metric("slotway_shard_breakers_open") == 0);
    std::this_thread::sleep_for(milliseconds(5));
  }
  const std::string log = proxy.process().output();
  size_t told = 0;
  for (size_t at = 0; (at = log.find("does not answer: requests", at)) != std::string::npos; ++at) {
    ++told;
  }
  CHECK(told == 1);
}

TEST_CASE("a shard that takes one connection only is asked again when it has answered") {
  FakeBackend backend([](FakeConnection& connection) {
    if (connection.number() > 0) return connection.close();
    bool paused = false;
    while (const auto command = connection.receive()) {
      if ((*command)[0] == "SET" && !std::exchange(paused, true))
        connection.sleep(milliseconds(1000));
      connection.send("+OK\r\n");
    }
  });
  ProxyProcess proxy({.shards = {{"a", backend.address()}},
                      .pool = {"timeouts: { request: 100ms, stall: 600s }"},
                      .workers = 1});
  RespClient client = proxy.client();
  client.request({"SET", "key", "x"});
  const auto refused = [&] {
    return client.call({"GET", "key"}).text.find("all timed out") != std::string::npos;
  };
  CHECK(client.receive().is_error());
  const auto begun = Clock::now();
  while (!refused() && Clock::now() < begun + kLong) continue;
  CHECK(eventually([&] { return client.call({"GET", "key"}).text == "OK"; }));
}

TEST_CASE("a probe that is refused does not count as an answer") {
  // Silent to requests; on the connection of the probe it says that it is busy, then that it is
  // not.
  std::atomic<bool> busy = true;
  std::atomic<int> probes = 0;
  FakeBackend backend([&](FakeConnection& connection) {
    if (connection.number() == 0) {
      for (int owed = 1; connection.receive(); ++owed) {
        for (; !busy && owed > 0; --owed) connection.send("+late\r\n");
      }
      return;
    }
    connection.answer_pings = false;
    while (const auto command = connection.receive()) {
      ++probes;
      connection.send(busy ? "-BUSY Redis is busy running a script.\r\n" : "+PONG\r\n");
    }
  });
  ProxyProcess proxy(
      {.shards = {{"a", backend.address()}},
       .pool = {"timeouts: { request: " + std::to_string(patience(milliseconds(50)).count()) +
                "ms, stall: 600s }"},
       .workers = 1});
  RespClient client = proxy.client();
  const auto refused = [&] {
    const std::string text = client.call({"GET", "key"}).text;
    return text == "BUSY Redis is busy running a script." ||
           text.find("its last requests all timed out") != std::string::npos;
  };
  auto begun = Clock::now();
  while (!refused() && Clock::now() < begun + kLong) continue;
  begun = Clock::now();
  while (probes < 3 && Clock::now() < begun + kLong) CHECK(refused());
  CHECK(probes >= 3);
  busy = false;
  begun = Clock::now();
  while (refused() && Clock::now() < begun + kLong) continue;
  CHECK(client.call({"GET", "key"}).text == "late");
}

}  // namespace slotway::tests
