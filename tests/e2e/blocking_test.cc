// Commands that wait for what others do.

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <future>

#include "tests/e2e/shards.h"
#include "tests/support/fake_backend.h"

namespace slotway::tests {

namespace {

// Whether so many clients block on the server.
bool blocked_come_to(const RedisServer& server, int count) {
  RespClient client(server.port());
  return eventually([&] {
    return client.call({"INFO", "clients"})
               .text.find("blocked_clients:" + std::to_string(count) + "\r\n") != std::string::npos;
  });
}

const RedisServer& server_of(const Served<RedisShards>& served, const std::string& key) {
  return served.shards.servers[shard_of(key)];
}

const char kPopped[] = "*2\r\n$4\r\nlist\r\n$1\r\nx\r\n";

// A shard on which an element comes just when somebody stops to wait.
void pop_at_the_end(FakeConnection& connection) {
  while (const auto command = connection.receive()) {
    if (command->front() == "CLIENT") connection.send(":7\r\n");  // whom to unblock
    if (command->front() != "BLPOP") continue;
    if (!connection.receive()) connection.send(kPopped);
    return;
  }
}

bool has_come(const FakeBackend& backend, const std::string& command) {
  return eventually([&] {
    const auto commands = backend.commands();
    return std::find(commands.begin(), commands.end(), command) != commands.end();
  });
}

}  // namespace

TEST_CASE("each command that blocks is served by what another client does") {
  struct Case {
    Command waits;
    Command does;
  };
  const std::vector<Case> cases = {
      {{"BLPOP", "{t}l", "{t}m", "0"}, {"LPUSH", "{t}l", "v"}},
      {{"BRPOP", "{t}l", "0"}, {"LPUSH", "{t}l", "v"}},
      {{"BLMOVE", "{t}l", "{t}m", "LEFT", "RIGHT", "0"}, {"LPUSH", "{t}l", "v"}},
      {{"BRPOPLPUSH", "{t}l", "{t}m", "0"}, {"LPUSH", "{t}l", "v"}},
      {{"BLMPOP", "0", "2", "{t}l", "{t}k", "LEFT"}, {"LPUSH", "{t}k", "v"}},
      {{"BZPOPMIN", "{t}z", "0"}, {"ZADD", "{t}z", "1.5", "m"}},
      {{"BZPOPMAX", "{t}z", "0"}, {"ZADD", "{t}z", "1.5", "m"}},
      {{"BZMPOP", "0", "1", "{t}z", "MIN"}, {"ZADD", "{t}z", "1.5", "m"}},
      {{"XREAD", "BLOCK", "0", "STREAMS", "{t}x", "$"}, {"XADD", "{t}x", "1-1", "f", "v"}},
  };
  for (const int version : {2, 3}) {
    RedisServer redis;
    Served<RedisShards> served;
    for (const Case& each : cases) {
      CAPTURE(each.waits[0]);
      std::string replies[2];
      const uint16_t ports[2] = {redis.port(), served.proxy.port()};
      for (int i = 0; i < 2; ++i) {
        RespClient waiting(ports[i], version);
        RespClient other(ports[i], version);
        waiting.request(each.waits);
        CHECK(blocked_come_to(i == 0 ? redis : server_of(served, "{t}"), 1));
        other.call(each.does);
        replies[i] = waiting.receive_raw();
        other.call({"DEL", "{t}l", "{t}m", "{t}k", "{t}z", "{t}x"});
      }
      CHECK(replies[0] == replies[1]);
    }
  }
}

TEST_CASE("a wait ends by its own time, however short the proxy's time-outs are") {
  Served<RedisShards> served({"timeouts: { request: 100ms, stall: 200ms }"});
  RespClient client = served.proxy.client();
  CHECK(client.call({"BLPOP", "key", "1"}).null);
  CHECK(client.call({"XREAD", "BLOCK", "700", "STREAMS", "key", "$"}).null);
  CHECK(client.call({"BLPOP", "key", "-1"}).text == "ERR timeout is negative");
  CHECK(client.call({"PING"}).text == "PONG");
  CHECK(served.proxy.metric("slotway_shard_timeouts_total") == 0);
}

TEST_CASE("what is there is given at once, and XREAD without BLOCK does not wait") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  client.call({"RPUSH", "list", "a", "b"});
  CHECK(client.call({"BLPOP", "list", "0"}).texts() == std::vector<std::string>{"list", "a"});
  CHECK(client.call({"XREAD", "COUNT", "1", "STREAMS", "stream", "0"}).null);
  CHECK(
      client.call({"BLPOP", key_of_shard(0), key_of_shard(1), "0"}).text.starts_with("CROSSSLOT"));
}

TEST_CASE("a client that waits holds nobody up, and its own commands come behind") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  RespClient other = served.proxy.client();
  client.send(encode_request({"SET", "before", "1"}) + encode_request({"BLPOP", "list", "0"}) +
              encode_request({"GET", "before"}) + encode_request({"LLEN", "list"}) +
              encode_request({"BLPOP", "list", "0"}) + encode_request({"PING"}));
  CHECK(client.receive().text == "OK");
  REQUIRE(blocked_come_to(server_of(served, "list"), 1));
  CHECK(client.silent_for(milliseconds(50)));
  CHECK(other.call({"RPUSH", "list", "a"}).integer() == 1);
  CHECK(client.receive().items[1].text == "a");
  CHECK(client.receive().text == "1");
  CHECK(client.receive().integer() == 0);
  CHECK(client.silent_for(milliseconds(50)));
  CHECK(other.call({"RPUSH", "list", "b"}).integer() == 1);
  CHECK(client.receive().items[1].text == "b");
  CHECK(client.receive().text == "PONG");
}

TEST_CASE("behind MULTI nothing waits") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  client.call({"MULTI"});
  CHECK(client.call({"BLPOP", "list", "0"}).text == "QUEUED");
  const RespValue all = client.call({"EXEC"});
  REQUIRE(all.items.size() == 1);
  CHECK(all.items[0].null);
}

TEST_CASE("a client that goes away waits no longer, and takes nothing") {
  Served<RedisShards> served;
  const RedisServer& server = server_of(served, "list");
  RespClient other = served.proxy.client();
  for (const bool with_more : {false, true}) {
    std::vector<RespClient> clients;
    for (int i = 0; i < 10; ++i) {
      clients.push_back(served.proxy.client());
      clients.back().request({"BLPOP", "list", "0"});
      if (with_more) clients.back().send(encode_request({"PING"}) + "*1\r\n$4\r\nPI");
    }
    REQUIRE(blocked_come_to(server, 10));
    CHECK(served.proxy.metric_reaches(10, "slotway_in_flight_requests"));
    clients.clear();
    REQUIRE(blocked_come_to(server, 0));
    CHECK(eventually([&] { return served.proxy.metric("slotway_in_flight_requests") == 0; }));
    CHECK(other.call({"RPUSH", "list", "kept"}).integer() == 1);
    CHECK(other.call({"LPOP", "list"}).text == "kept");
  }
}

TEST_CASE("waits are bounded by pinned_connections, which are used again") {
  RedisServer redis;
  ProxyProcess proxy({.shards = {{"a", redis.address()}},
                      .pool = {"limits: { pinned_connections: 2 }"},
                      .workers = 1});
  RespClient first = proxy.client();
  RespClient second = proxy.client();
  RespClient third = proxy.client();
  first.request({"BLPOP", "list", "0"});
  second.request({"BLPOP", "list", "0"});
  REQUIRE(blocked_come_to(redis, 2));
  CHECK(third.call({"BLPOP", "list", "0"}).text.find("pinned_connections") != std::string::npos);
  const double connections = proxy.metric("slotway_shard_connections");
  for (int i = 0; i < 20; ++i) {
    CHECK(third.call({"RPUSH", "list", "x"}).integer() == 1);
    CHECK(first.receive().items[1].text == "x");
    first.request({"BLPOP", "list", "0"});
    std::swap(first, second);  // served in the order in which they came
    REQUIRE(blocked_come_to(redis, 2));
  }
  CHECK(proxy.metric("slotway_shard_connections") == connections);
}

TEST_CASE("a command that is held and then forbidden keeps no connection") {
  std::atomic<bool> selects = true;
  FakeBackend shard([&](FakeConnection& connection) {
    while (const auto command = connection.receive()) {
      if (command->front() == "SELECT") {
        while (!selects) connection.sleep(milliseconds(5));
        connection.send("+OK\r\n");
      } else {
        connection.send(command->front() == "CLIENT" ? ":7\r\n" : "+done\r\n");
      }
    }
  });
  ProxyOptions options{.shards = {{"a", shard.address()}},
                       .pool = {"limits: { pinned_connections: 1 }"},
                       .workers = 1};
  ProxyProcess proxy(options);
  RespClient client = proxy.client();
  CHECK(client.call({"SELECT", "5"}).text == "OK");
  const auto selected = [&] {
    const auto commands = shard.commands();
    return std::count(commands.begin(), commands.end(), "SELECT 5");
  };
  const auto before = selected();
  selects = false;
  Command command;
  SUBCASE("BLPOP") { command = {"BLPOP", "list", "0"}; }
  SUBCASE("WATCH") { command = {"WATCH", "list"}; }
  client.request(command);
  REQUIRE(eventually([&] { return selected() > before; }));  // held until it is answered
  // Of "secret".
  options.pool.push_back(
      "users: { app: { password_sha256: "
      "'2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b' } }");
  REQUIRE(proxy.reload(options));
  CHECK(client.receive().text.starts_with("NOAUTH"));
  selects = true;
  RespClient other = proxy.client();
  CHECK(other.call({"AUTH", "app", "secret"}).text == "OK");
  CHECK(other.call(command).text == "done");
}

TEST_CASE("a shard that dies ends its waits with an error") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  client.request({"BLPOP", "list", "0"});
  REQUIRE(blocked_come_to(server_of(served, "list"), 1));
  served.shards.servers[shard_of("list")].kill();
  CHECK(client.receive().text.find("connection lost") != std::string::npos);
  CHECK(client.call({"PING"}).text == "PONG");
}

TEST_CASE("a reload that takes slots from a shard ends its waits, others go on") {
  Served<RedisShards> served;
  const RedisServer fourth;
  std::vector<RespClient> clients;
  for (size_t shard = 0; shard < 2; ++shard) {
    clients.push_back(served.proxy.client());
    clients.back().request({"BLPOP", key_of_shard(shard), "0"});
    REQUIRE(blocked_come_to(served.shards.servers[shard], 1));
  }
  std::vector<ShardEntry> entries = served.shards.entries();
  entries[1].slots = "5461-7999";
  entries.push_back({"d", fourth.address(), "8000-10922"});
  REQUIRE(served.proxy.reload({.shards = entries}));
  CHECK(clients[1].receive().text.find("slots of the shard move") != std::string::npos);
  CHECK(served.proxy.client().call({"RPUSH", key_of_shard(0), "x"}).integer() == 1);
  CHECK(clients[0].receive().items[1].text == "x");
}

TEST_CASE("the end of the proxy does not wait for what may never come") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  client.request({"BLPOP", "list", "0"});
  REQUIRE(blocked_come_to(server_of(served, "list"), 1));
  const auto begun = Clock::now();
  CHECK(served.proxy.stop() == 0);
  CHECK(Clock::now() - begun < std::chrono::seconds(8));  // the deadline is ten
  CHECK(client.closed());
}

TEST_CASE("what was popped when a wait is ended still reaches the client") {
  FakeBackend shard(pop_at_the_end);
  const RedisServer other;
  ProxyProcess proxy({.shards = {{"a", shard.address(), "0-16383"}}});
  RespClient client = proxy.client();
  client.request({"BLPOP", "list", "0"});
  REQUIRE(has_come(shard, "BLPOP list 0"));
  SUBCASE("by a client that closes its half") {
    client.socket().shutdown_sending();
    CHECK(client.receive_until_end() == kPopped);
  }
  SUBCASE("by the end of the proxy") {
    CHECK(proxy.stop() == 0);
    CHECK(client.receive_until_end() == kPopped);
  }
  SUBCASE("by a reload") {
    REQUIRE(proxy.reload({.shards = {{"a", other.address(), "0-16383"}}}));
    CHECK(client.receive_raw() == kPopped);
    CHECK(client.call({"PING"}).text == "PONG");
  }
}

TEST_CASE("a client that closes its half behind a command is given what is there, or nothing") {
  Served<RedisShards> served;
  CHECK(served.proxy.client().call({"RPUSH", "list", "a"}).integer() == 1);
  std::vector<std::string> answers;
  for (const uint16_t port : {server_of(served, "list").port(), served.proxy.port()}) {
    served.proxy.client().call({"DEL", "list"});
    served.proxy.client().call({"RPUSH", "list", "a"});
    for (int i = 0; i < 2; ++i) {
      RespClient client(port);
      client.request({"BLPOP", "list", "0"});
      client.socket().shutdown_sending();
      answers.push_back(client.receive_until_end());
    }
  }
  CHECK(answers[0] == answers[2]);
  CHECK(answers[1].empty());
  CHECK(answers[3].empty());
}

TEST_CASE("a client that closes its half is told what is wrong with its command") {
  Served<RedisShards> served;
  served.proxy.client().call({"SET", "string", "x"});
  RespClient client = served.proxy.client();
  client.request({"BLPOP", "string", "0"});
  client.socket().shutdown_sending();
  CHECK(client.receive_until_end().starts_with("-WRONGTYPE "));
}

TEST_CASE("a wait at a server that stands still ends with an error") {
  Served<RedisShards> served({"timeouts: { request: 100ms, stall: 500ms, connect: 200ms }"});
  RespClient client = served.proxy.client();
  client.request({"BLPOP", "list", "1"});
  RedisServer& server = served.shards.servers[shard_of("list")];
  REQUIRE(blocked_come_to(server, 1));
  server.suspend();
  CHECK(client.receive().text.find("the server does not answer") != std::string::npos);
  // So does one that begins now.
  CHECK(client.call({"BLPOP", "list", "1"}).is_error());
  CHECK(client.call({"SET", key_of_shard((shard_of("list") + 1) % kShards), "x"}).text == "OK");
  server.resume();
  CHECK(eventually([&] { return !client.call({"RPUSH", "list", "a"}).is_error(); }));
  CHECK(client.call({"BLPOP", "list", "1"}).items.size() == 2);
}

TEST_CASE("a breaker that opens ends waits") {
  Served<RedisShards> served({"timeouts: { request: 100ms, stall: 1h }"});
  RespClient client = served.proxy.client();
  RespClient other = served.proxy.client();
  client.request({"BLPOP", "list", "1"});
  RedisServer& server = served.shards.servers[shard_of("list")];
  REQUIRE(blocked_come_to(server, 1));
  server.suspend();
  // Each worker has a breaker of its own.
  std::vector<RespClient> others;
  for (int i = 0; i < 8; ++i) others.push_back(served.proxy.client());
  std::atomic<bool> ended = false;
  auto asking = std::async(std::launch::async, [&] {
    while (!ended) {
      for (RespClient& each : others) each.request({"GET", "list"});
      for (RespClient& each : others) each.receive();
    }
  });
  CHECK(client.receive().text.find("the server does not answer") != std::string::npos);
  ended = true;
  asking.get();
  server.resume();
}

TEST_CASE("a wait does not overtake a write that timed out") {
  std::atomic<bool> pushed = false;
  FakeBackend shard([&](FakeConnection& connection) {
    while (const auto command = connection.receive()) {
      if (command->front() == "RPUSH") {
        connection.sleep(milliseconds(600));
        pushed = true;
        connection.send(":1\r\n");
      } else {
        connection.send(pushed ? "+behind\r\n" : "+overtaken\r\n");
      }
    }
  });
  ProxyProcess proxy(
      {.shards = {{"a", shard.address()}}, .pool = {"timeouts: { request: 100ms }"}});
  RespClient client = proxy.client();
  SUBCASE("BLPOP") {
    CHECK(client.call({"RPUSH", "list", "x"}).text.find("no reply within") != std::string::npos);
    CHECK(client.call({"BLPOP", "list", "0"}).text == "behind");
  }
  SUBCASE("WATCH") {
    CHECK(client.call({"RPUSH", "list", "x"}).text.find("no reply within") != std::string::npos);
    CHECK(client.call({"WATCH", "list"}).text == "behind");
  }
}

}  // namespace slotway::tests
