// Clients that go in the middle of something, and a proxy that runs out of descriptors for them.

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <algorithm>

#include "tests/e2e/load.h"
#include "tests/e2e/servers.h"
#include "tests/support/http.h"

namespace slotway::tests {

namespace {

// Nothing is open or in flight but the one client that is there.
bool is_quiet(const ProxyProcess& proxy) {
  return eventually([&] {
    return proxy.metric("slotway_client_connections") == 1 &&
           proxy.metric("slotway_in_flight_requests") == 0 &&
           proxy.metric("slotway_shard_in_flight_requests") == 0;
  });
}

// False for a client that is refused or closed.
bool is_answered(RespClient& client) {
  try {
    return client.call({"PING"}).text == "PONG";
  } catch (const std::runtime_error&) {
    return false;
  }
}

}  // namespace

TEST_CASE_TEMPLATE("clients that go in the middle of a request leave nothing behind", Shards,
                   EVERY_KIND) {
  Served<Shards> served;
  Bystander bystander(served.proxy.port());
  REQUIRE(bystander.is_served());
  const size_t descriptors = served.proxy.process().descriptors();
  const std::string whole = encode_request({"SET", key_of_shard(1), std::string(100'000, 'x')});
  for (size_t cut = 1; cut < whole.size(); cut = cut * 3 + 1) {
    for (const bool hard : {false, true}) {
      RespClient client = served.proxy.client();
      client.send(std::string_view(whole).substr(0, cut));
      if (cut % 2 == 0) std::this_thread::sleep_for(milliseconds(2));
      if (hard) client.socket().reset();
    }
  }
  CHECK(bystander.is_served());
  CHECK(!bystander.sees(key_of_shard(1)));
  CHECK(is_quiet(served.proxy));
  CHECK(eventually([&] { return served.proxy.process().descriptors() <= descriptors; }));
}

TEST_CASE("clients that go with requests in flight leave the pairing of the others alone") {
  Served<RedisShards> served;
  std::vector<std::string> keys;
  for (size_t i = 0; i < 6; ++i) keys.push_back(key_of_shard(i % kShards, i));
  Bystander bystander(served.proxy.port());
  Load load(served.proxy.port(), keys);
  for (int i = 0; i < 100; ++i) {
    RespClient client = served.proxy.client();
    std::string bytes;
    for (size_t j = 0; j < 50; ++j) {
      bytes += encode_request({"INCR", "gone" + std::to_string(j)});
      bytes += encode_request({"MGET", key_of_shard(0), key_of_shard(1), key_of_shard(2)});
      bytes += encode_request({"DBSIZE"});
    }
    client.send(bytes);
    if (i % 3 == 0) client.receive_raw();
    if (i % 2 == 0) client.socket().reset();
  }
  REQUIRE(load.goes_on());
  for (const Seen& seen : load.finish()) {
    CHECK(seen.wrong == "");
    CHECK(seen.errors == 0);
  }
  CHECK(bystander.is_served());
  CHECK(is_quiet(served.proxy));
}

TEST_CASE("replies for clients that have gone are swallowed when they come late") {
  Served<RedisShards> served({"timeouts: { request: 30s, stall: 30s }"});
  Bystander bystander(served.proxy.port());
  REQUIRE(bystander.is_served());
  for (RedisServer& server : served.shards.servers) server.suspend();
  {
    std::vector<RespClient> clients;
    for (int i = 0; i < 20; ++i) {
      clients.push_back(served.proxy.client());
      clients.back().request({"MGET", key_of_shard(0), key_of_shard(1), key_of_shard(2)});
      clients.back().request({"INCR", key_of_shard(1)});
    }
    REQUIRE(served.proxy.metric_reaches(80, "slotway_shard_in_flight_requests"));
    for (size_t i = 0; i < clients.size(); i += 2) clients[i].socket().reset();
  }
  // The others may have closed their half only, for all that the proxy knows.
  REQUIRE(eventually([&] { return served.proxy.metric("slotway_client_connections") == 11; }));
  for (RedisServer& server : served.shards.servers) server.resume();
  CHECK(bystander.is_served());
  CHECK(is_quiet(served.proxy));
  CHECK(served.proxy.client().call({"GET", key_of_shard(1)}).text == "20");
  CHECK(served.proxy.metric("slotway_shard_reconnects_total") == 0);
}

TEST_CASE("a client that closes its half still gets its replies") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  client.send(encode_request({"SET", key_of_shard(0), "x"}) +
              encode_request({"MGET", key_of_shard(0), key_of_shard(1)}));
  client.socket().shutdown_sending();
  CHECK(client.receive_until_end() == "+OK\r\n*2\r\n$1\r\nx\r\n$-1\r\n");
}

TEST_CASE_TEMPLATE("out of descriptors a server sheds, rests and recovers", Server, EVERY_SERVER) {
  Server server;
  Bystander bystander(server.port());
  REQUIRE(bystander.is_served());
  // No more than now: what comes is taken and closed at once.
  const size_t limit = server.process().limit_descriptors(server.process().descriptors());
  std::vector<RespClient> crowd;
  CHECK(eventually([&] {
    crowd.emplace_back(server.port());
    return !is_answered(crowd.back());
  }));
  CHECK(bystander.is_served());
  // So low that not even the place of the spare descriptor can be used again.
  server.process().limit_descriptors(3);
  RespClient waiting(server.port());
  REQUIRE(bystander.is_served());
  const milliseconds before = server.process().cpu_time();
  std::this_thread::sleep_for(milliseconds(1000));
  CHECK(server.process().cpu_time() - before < milliseconds(300));
  CHECK(bystander.is_served());
  server.process().limit_descriptors(limit);
  CHECK(waiting.call({"PING"}).text == "PONG");
  CHECK(RespClient(server.port()).call({"PING"}).text == "PONG");
  if constexpr (Server::kIsProxy) {
    CHECK(server.served.proxy.metric("slotway_client_connections_rejected_total") >= 1);
  }
}

TEST_CASE("clients do not get the descriptors that the proxy needs itself") {
  RedisShards shards;
  ProxyProcess proxy({.shards = shards.entries(), .max_descriptors = 350});
  CHECK(proxy.process().output().find("limit of 11") != std::string::npos);  // 10,000 and the rest
  CHECK(proxy.process().output().find("the hard limit is 350") != std::string::npos);
  Bystander bystander(proxy.port());
  REQUIRE(bystander.is_served());
  std::vector<RespClient> served;
  size_t refused = 0;
  for (int i = 0; i < 150; ++i) {
    RespClient client = proxy.client();
    if (is_answered(client)) {
      served.push_back(std::move(client));
    } else {
      ++refused;
    }
  }
  REQUIRE(served.size() > 10);
  CHECK(served[0].call({"CONFIG", "GET", "maxclients"}).items.at(1).text ==
        std::to_string(served.size() + 1));  // the bystander is one, too
  CHECK(proxy.metric("slotway_client_connections_rejected_total") == static_cast<double>(refused));
  CHECK(proxy.client().receive_until_end() == "-ERR max number of clients reached\r\n");
  // With the crowd still there a shard is found again.
  shards.servers[1].kill();
  CHECK(eventually([&] { return served[0].call({"GET", key_of_shard(1)}).is_error(); }));
  // Readiness is looked at every tick: it must have seen the loss before its answer means anything.
  CHECK(eventually([&] { return http_get(proxy.admin_port(), "/readyz").status == 503; }));
  shards.servers[1].start();
  CHECK(proxy.all_shards_connected());
  CHECK(served[0].call({"SET", key_of_shard(1), "x"}).text == "OK");
  // The limit is that of the descriptors, whatever a reload allows.
  CHECK(proxy.reload({.shards = shards.entries(), .pool = {"limits: { clients: 20000 }"}}));
  CHECK(proxy.client().receive_until_end() == "-ERR max number of clients reached\r\n");
  served.erase(served.begin() + 5, served.end());
  CHECK(eventually([&] {
    RespClient client = proxy.client();
    return is_answered(client);
  }));
  CHECK(bystander.is_served());
}

TEST_CASE("connections of single clients do not take the descriptors that the proxy needs itself") {
  RedisShards shards;
  ProxyProcess proxy({.shards = shards.entries(), .workers = 1, .max_descriptors = 170});
  // Two of each client to each shard would be more than there are.
  std::vector<RespClient> readers;
  for (int i = 0; i < 20; ++i) readers.emplace_back(proxy.port(), 3);
  const std::string id = std::to_string(readers[0].call({"CLIENT", "ID"}).integer());
  size_t refused = 0;
  for (RespClient& reader : readers) {
    const RespValue reply = reader.call({"CLIENT", "TRACKING", "ON", "REDIRECT", id});
    if (!reply.is_error()) continue;
    ++refused;
    CHECK(reply.text.find("pinned_connections") != std::string::npos);
  }
  CHECK(refused > 0);
  CHECK(refused < readers.size());
  // There are some for further lanes, and for clients.
  RespClient other = proxy.client();
  CHECK(other.call({"SELECT", "5"}).text == "OK");
  for (size_t i = 0; i < kShards; ++i) {
    CHECK(other.call({"SET", key_of_shard(i), "x"}).text == "OK");
  }
  // What the last of them was refused for want of is less than it would have needed.
  std::vector<RespClient> waiting;
  for (size_t i = 0; i <= 2 * kShards; ++i) {
    waiting.push_back(proxy.client());
    waiting.back().request({"BLPOP", "list", "0.5"});
  }
  CHECK(std::ranges::count_if(waiting, [](RespClient& each) {
          return each.receive().text.find("pinned_connections") != std::string::npos;
        }) > 0);
  readers.clear();
  CHECK(eventually([&] { return !other.call({"BLPOP", "list", "0.01"}).is_error(); }));
}

TEST_CASE("the proxy raises its limit of descriptors for the clients that are allowed") {
  rlimit usual{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &usual) == 0);
  const rlimit low{150, usual.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  ProxyProcess proxy({.shards = {{"a", "embedded"}}, .pool = {"limits: { clients: 300 }"}});
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &usual) == 0);
  std::vector<RespClient> clients;
  for (int i = 0; i < 300; ++i) clients.push_back(proxy.client());
  CHECK(std::all_of(clients.begin(), clients.end(), is_answered));
}

}  // namespace slotway::tests
