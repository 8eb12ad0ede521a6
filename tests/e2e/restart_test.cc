// Listening sockets that outlive a process, and what the end of the proxy does to requests.

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <filesystem>

#include "tests/e2e/reconnecting_clients.h"
#include "tests/e2e/shards.h"

namespace slotway::tests {

namespace {

constexpr milliseconds kDrainDeadline(10'000);

// The sockets that a supervisor keeps open while it starts one slotway after the other.
struct KeptSockets {
  KeptSockets() : tcp(Socket::listen()), named(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(named.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(named.fd(), 128) == 0);
  }

  std::string path() const { return directory.file("kept.sock"); }
  ProxyOptions options(std::vector<ShardEntry> shards) const {
    return {.shards = std::move(shards),
            .also_listen = {"unix:" + path()},
            .inherited = {tcp.fd(), named.fd()},
            .port = tcp.local_port()};
  }

  TempDir directory;
  Socket tcp;
  Socket named;
};

struct OverTcp {
  static Socket connect(const KeptSockets& sockets) {
    return Socket::connect(sockets.tcp.local_port());
  }
};
struct OverUnix {
  static Socket connect(const KeptSockets& sockets) { return Socket::connect_unix(sockets.path()); }
};

}  // namespace

}  // namespace slotway::tests

TYPE_TO_STRING_AS("TCP", slotway::tests::OverTcp);
TYPE_TO_STRING_AS("Unix", slotway::tests::OverUnix);

namespace slotway::tests {

TEST_CASE_TEMPLATE("ten restarts under load: no connect is refused and no request fails", Transport,
                   OverTcp, OverUnix) {
  const RedisShards shards;
  const KeptSockets sockets;
  auto proxy = std::make_unique<ProxyProcess>(sockets.options(shards.entries()));
  ReconnectingClients clients([&] { return Transport::connect(sockets); },
                              {{.depth = 1, .waits_for_all = true},
                               {.depth = 1, .waits_for_all = true},
                               {.depth = 1, .waits_for_all = true, .pause = milliseconds(3)},
                               {.depth = 1, .waits_for_all = true, .pause = milliseconds(40)},
                               {.depth = 16, .waits_for_all = true},
                               {.depth = 100, .waits_for_all = true, .argument_size = 2000},
                               {.depth = 2, .waits_for_all = false},
                               {.depth = 50, .waits_for_all = false}});
  for (uint64_t restart = 1; restart <= 10; ++restart) {
    CAPTURE(restart);
    REQUIRE(clients.go_on(10));
    CHECK(clients.fewest_connections() == restart);
    CHECK(proxy->stop() == 0);
    proxy = std::make_unique<ProxyProcess>(sockets.options(shards.entries()));
  }
  REQUIRE(clients.go_on(10));
  CHECK(clients.fewest_connections() == 11);
  for (const std::string& failure : clients.finish()) FAIL_CHECK(failure);
}

TEST_CASE("what waits in an inherited socket is served by the next process") {
  const RedisServer redis;
  const KeptSockets sockets;
  auto proxy = std::make_unique<ProxyProcess>(sockets.options({{"a", redis.address()}}));
  CHECK(proxy->client().call({"PING"}).text == "PONG");
  CHECK(proxy->stop() == 0);
  CHECK(std::filesystem::exists(sockets.path()));
  RespClient tcp(Socket::connect(sockets.tcp.local_port()));
  RespClient named(Socket::connect_unix(sockets.path()));
  tcp.request({"SET", "key", "value"});
  named.request({"PING"});
  proxy = std::make_unique<ProxyProcess>(sockets.options({{"a", redis.address()}}));
  CHECK(tcp.receive().text == "OK");
  CHECK(named.receive().text == "PONG");
}

TEST_CASE("a reload keeps inherited sockets") {
  const RedisServer redis;
  const KeptSockets sockets;
  const ProxyOptions options = sockets.options({{"a", redis.address()}});
  ProxyProcess proxy(options);
  CHECK(proxy.reload(options));
  CHECK(proxy.client().call({"PING"}).text == "PONG");
  CHECK(RespClient(Socket::connect_unix(sockets.path())).call({"PING"}).text == "PONG");
  ProxyOptions fewer = options;
  fewer.also_listen.clear();
  CHECK(!proxy.reload(fewer));
  CHECK(RespClient(Socket::connect_unix(sockets.path())).call({"PING"}).text == "PONG");
}

TEST_CASE("beside an inherited socket others are opened") {
  const RedisServer redis;
  const Socket kept = Socket::listen();
  const TempDir directory;
  const std::string path = directory.file("own.sock");
  ProxyProcess proxy({.shards = {{"a", redis.address()}},
                      .also_listen = {"unix:" + path},
                      .inherited = {kept.fd()},
                      .port = kept.local_port()});
  CHECK(proxy.client().call({"PING"}).text == "PONG");
  CHECK(RespClient(Socket::connect_unix(path)).call({"PING"}).text == "PONG");
}

TEST_CASE("an inherited socket that nobody listens on is refused at the start") {
  const TempDir directory;
  const Socket kept = Socket::listen();
  const Socket connected = Socket::connect(kept.local_port());
  const std::string file = directory.write(
      "slotway.yaml",
      "admin: off\npools:\n  main:\n    listen: [127.0.0.1:1, unix:/nowhere/x.sock]\n"
      "    shards: { a: { primary: 127.0.0.1:2 } }\n");
  const std::vector<std::string> arguments = {SLOTWAY_PATH, "--config", file};
  {
    const std::string text =
        "admin: off\npools:\n  main:\n    listen: unix:" + directory.file("x.sock") +
        "\n    shards: { a: { primary: 127.0.0.1:2 } }\n";
    directory.write("slotway.yaml", text);
    Process process(arguments, 0, {"LISTEN_FDNAMES=main.socket"}, {kept.fd()});
    CHECK(process.wait_exit() == 1);
    CHECK(process.output() ==
          file + ": no pool listens on the inherited socket 127.0.0.1:" +
              std::to_string(kept.local_port()) +
              " (main.socket); expected one of unix:" + directory.file("x.sock") + ", each once\n");
    CHECK(!std::filesystem::exists(directory.file("x.sock")));
  }
  Process process(arguments, 0, {}, {connected.fd()});
  CHECK(process.wait_exit() == 1);
  CHECK(process.output() == "the inherited descriptor 3 is no listening stream socket\n");
}

TEST_CASE("SIGTERM answers what had reached the machine, accepted or not") {
  const RedisServer redis;
  ProxyProcess proxy({.shards = {{"a", redis.address()}}});
  std::vector<RespClient> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(proxy.client());
    CHECK(clients.back().call({"PING"}).text == "PONG");
  }
  proxy.process().suspend();
  for (int i = 0; i < 200; ++i) clients.push_back(proxy.client());
  for (RespClient& client : clients) client.request({"INCR", "count"});
  proxy.process().signal(SIGTERM);
  proxy.process().resume();
  std::vector<bool> seen(clients.size() + 1);
  for (RespClient& client : clients) {
    const auto count = static_cast<size_t>(client.receive().integer());
    REQUIRE(count < seen.size());
    CHECK(!seen[count]);
    seen[count] = true;
    CHECK(client.closed());
  }
  CHECK(proxy.process().wait_exit() == 0);
  proxy.expect_no_more();
}

TEST_CASE("SIGTERM waits for the rest of a request") {
  const RedisServer redis;
  ProxyProcess proxy({.shards = {{"a", redis.address()}}, .workers = 1});
  RespClient client = proxy.client();
  const std::string bytes = encode_request({"ECHO", "word"});
  client.send(bytes + bytes.substr(0, 20));
  CHECK(client.receive().text == "word");
  RespClient idle = proxy.client();
  CHECK(idle.call({"PING"}).text == "PONG");
  proxy.process().signal(SIGTERM);
  CHECK(idle.closed());  // although the other has been idle for longer
  client.send(bytes.substr(20));
  CHECK(client.receive().text == "word");
  CHECK(client.closed());
  CHECK(proxy.process().wait_exit() == 0);
  proxy.expect_no_more();
}

TEST_CASE("SIGTERM holds replies back for a moment only") {
  Served<RedisShards> served({"timeouts: { request: 20s, stall: 20s }"});
  RespClient client = served.proxy.client();
  RespClient idle = served.proxy.client();
  CHECK(idle.call({"PING"}).text == "PONG");
  served.shards.servers[0].suspend();
  served.shards.servers[1].suspend();
  client.send(encode_request({"INCR", key_of_shard(0)}) +
              encode_request({"INCR", key_of_shard(1)}));
  served.proxy.process().signal(SIGTERM);
  CHECK(idle.closed());
  served.shards.servers[0].resume();
  CHECK(client.receive().integer() == 1);  // while the other is on its way
  served.shards.servers[1].resume();
  CHECK(client.receive().integer() == 1);
  CHECK(client.closed());
  CHECK(served.proxy.process().wait_exit() == 0);
  served.proxy.expect_no_more();
}

TEST_CASE("SIGTERM cuts off what is not at its end by the deadline") {
  const RedisServer redis;
  ProxyProcess proxy({.shards = {{"a", redis.address()}}});
  RespClient half = proxy.client();
  half.send("*2\r\n$4\r\nECHO\r\n$4\r\nwo");
  // It never waits for a reply.
  std::atomic<bool> stop{false};
  auto flood = std::async(std::launch::async, [&, client = proxy.client()]() mutable {
    uint64_t replies = 0;
    try {
      while (!stop) {
        client.request({"PING"});
        while (client.socket().readable(milliseconds(1))) {
          if (client.receive().text == "PONG") ++replies;
        }
      }
    } catch (const std::runtime_error&) {
      return replies;
    }
    return uint64_t{0};
  });
  proxy.process().signal(SIGTERM);
  const auto begin = Clock::now();
  half.set_limit(2 * kDrainDeadline);
  CHECK(half.closed());
  CHECK(Clock::now() - begin > kDrainDeadline / 2);
  CHECK(proxy.process().wait_exit() == 0);
  stop = true;
  CHECK(flood.get() > 0);
  proxy.expect_no_more();
}

}  // namespace slotway::tests
