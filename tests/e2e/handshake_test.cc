// The beginning of a connection to a shard: the credentials or the PING in front of everything, and
// requests that wait behind them.

#include <doctest/doctest.h>

#include "tests/e2e/servers.h"
#include "tests/support/fake_backend.h"
#include "tests/support/http.h"

namespace slotway::tests {

namespace {

// The password file of the shards here.
struct Secret {
  TempDir directory;
  std::string file = directory.write("password", "secret");
  std::string yaml = "upstream: { password_file: " + file + " }";
};

const std::string kUnknown = "whether the command was executed is unknown";

bool contains(const RespValue& reply, const std::string& part) {
  return reply.is_error() && reply.text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a write that is lost behind the handshake may have been executed") {
  // Takes AUTH and the command behind it, answers neither, and goes.
  FakeBackend shard([](FakeConnection& connection) {
    connection.receive();
    if (connection.number() == 0) connection.receive();
  });
  const Secret secret;
  ProxyProcess proxy({.shards = {{"a", shard.address()}},
                      .pool = {secret.yaml},
                      .workers = 1,
                      .wait_for_shards = false});
  RespClient client = proxy.client();
  CHECK(contains(client.call({"SET", "key", "1"}), kUnknown));
  CHECK(shard.commands().at(1) == "SET key 1");
}

TEST_CASE("a write that times out before the connection is there may be executed later") {
  const FullListener nobody;
  ProxyProcess proxy({.shards = {{"a", nobody.address()}},
                      .pool = {"timeouts: { request: 100ms, connect: 10s }"},
                      .workers = 1,
                      .wait_for_shards = false});
  CHECK(contains(proxy.client().call({"SET", "key", "1"}), kUnknown));
}

TEST_CASE("an answer to the handshake later than a request may take is an answer") {
  FakeBackend shard([](FakeConnection& connection) {
    connection.receive();
    connection.sleep(patience(milliseconds(400)));
    connection.send("+OK\r\n");
    while (connection.receive()) connection.send("+OK\r\n");
  });
  const Secret secret;
  ProxyProcess proxy({.shards = {{"a", shard.address()}},
                      .pool = {secret.yaml, "timeouts: { request: 100ms, connect: 60s }"},
                      .workers = 1});  // waits until all shards are connected
  CHECK(proxy.client().call({"SET", "key", "1"}).text == "OK");
  CHECK(shard.connections() == 1);
}

TEST_CASE("a shard that wants a password and is given none is named with what it says") {
  RedisServer guarded({"--requirepass", "secret"});
  ProxyProcess proxy({.shards = {{"a", guarded.address()}}, .wait_for_shards = false});
  RespClient client = proxy.client();
  CHECK(eventually([&] {
    return contains(client.call({"GET", "key"}), "answered a PING with: -NOAUTH");
  }));
  CHECK(http_get(proxy.admin_port(), "/readyz").status == 503);
}

TEST_CASE("a shard that is full is out of reach, and none of its words is a reply") {
  FakeBackend shard([](FakeConnection& connection) {
    connection.send("-ERR max number of clients reached\r\n");
  });
  ProxyProcess proxy({.shards = {{"a", shard.address()}}, .wait_for_shards = false});
  RespClient client = proxy.client();
  CHECK(eventually([&] {
    const RespValue reply = client.call({"GET", "key"});
    CHECK(reply.is_error());
    CHECK(reply.text.find("shard 'a'") != std::string::npos);
    return contains(reply, "max number of clients reached");
  }));
}

TEST_CASE("a shard that loads its data is reached, and says so itself") {
  FakeBackend shard([](FakeConnection& connection) {
    connection.answer_pings = false;
    while (connection.receive()) connection.send("-LOADING the data set\r\n");
  });
  ProxyProcess proxy({.shards = {{"a", shard.address()}}});
  CHECK(proxy.client().call({"GET", "key"}).text == "LOADING the data set");
}

}  // namespace slotway::tests
