// SELECT and the commands that name databases: each session has its own.

#include <doctest/doctest.h>

#include "tests/e2e/shards.h"
#include "tests/support/fake_backend.h"

namespace slotway::tests {

namespace {

// One of each shard.
const std::vector<std::string> kKeys = {key_of_shard(0), key_of_shard(1), key_of_shard(2)};

}  // namespace

TEST_CASE("each session has its own database") {
  Served<RedisShards> served;
  std::vector<RespClient> clients;
  for (int database = 0; database < 16; ++database) {
    clients.emplace_back(served.proxy.port(), database % 2 ? 3 : 2);
    CHECK(clients.back().call({"SELECT", std::to_string(database)}).text == "OK");
  }
  for (int round = 0; round < 5; ++round) {
    for (int database = 0; database < 16; ++database) {
      for (const std::string& key : kKeys) {
        clients[static_cast<size_t>(database)].request(
            {"SET", key, std::to_string(database * 100 + round)});
      }
    }
    for (RespClient& client : clients) {
      for (size_t i = 0; i < kKeys.size(); ++i) CHECK(client.receive().text == "OK");
    }
    for (int database = 0; database < 16; ++database) {
      RespClient& client = clients[static_cast<size_t>(database)];
      for (const std::string& key : kKeys) {
        CHECK(client.call({"GET", key}).text == std::to_string(database * 100 + round));
      }
      CHECK(client.call({"DBSIZE"}).integer() == 3);
      CHECK(client.call({"MGET", kKeys[0], kKeys[1], kKeys[2]}).items.size() == 3);
    }
  }
}

TEST_CASE("SELECT takes effect in its place of a pipeline") {
  Served<RedisShards> served;
  RespClient client(served.proxy.port());
  for (int i = 0; i < 50; ++i) {
    const std::string value = std::to_string(i);
    const std::vector<std::string> replies = client.exchange(
        encode_request({"SET", "k", "zero" + value}) + encode_request({"SELECT", "4"}) +
            encode_request({"SET", "k", "four" + value}) + encode_request({"SELECT", "0"}) +
            encode_request({"GET", "k"}) + encode_request({"SELECT", "4"}) +
            encode_request({"GET", "k"}) + encode_request({"SELECT", "0"}),
        8);
    CHECK(replies[4].find("zero" + value) != std::string::npos);
    CHECK(replies[6].find("four" + value) != std::string::npos);
  }
}

TEST_CASE("SELECT of what does not exist changes nothing") {
  Served<RedisShards> served;
  RespClient client(served.proxy.port());
  client.call({"SET", "k", "zero"});
  CHECK(client.call({"SELECT", "16"}).text == "ERR DB index is out of range");
  CHECK(client.call({"SELECT", "-1"}).text == "ERR DB index is out of range");
  CHECK(client.call({"SELECT", "x"}).text == "ERR value is not an integer or out of range");
  CHECK(client.call({"GET", "k"}).text == "zero");
}

TEST_CASE("COPY, MOVE and SWAPDB reach into other databases") {
  Served<RedisShards> served;
  RespClient client(served.proxy.port());
  for (const std::string& key : kKeys) {
    client.call({"SET", key, "v"});
    CHECK(client.call({"COPY", key, "{" + key + "}copy", "DB", "7"}).integer() == 1);
    CHECK(client.call({"MOVE", key, "7"}).integer() == 1);
  }
  CHECK(client.call({"DBSIZE"}).integer() == 0);
  CHECK(client.call({"SWAPDB", "7", "0"}).text == "OK");
  CHECK(client.call({"DBSIZE"}).integer() == 6);
  client.call({"SELECT", "7"});
  CHECK(client.call({"DBSIZE"}).integer() == 0);
  CHECK(client.call({"FLUSHDB"}).text == "OK");
  client.call({"SELECT", "0"});
  CHECK(client.call({"DBSIZE"}).integer() == 6);
}

TEST_CASE("RESET goes back to database 0, and CLIENT LIST shows the one in use") {
  Served<RedisShards> served;
  RespClient client(served.proxy.port());
  client.call({"SELECT", "9"});
  CHECK(client.call({"CLIENT", "INFO"}).text.find(" db=9 ") != std::string::npos);
  client.call({"RESET"});
  CHECK(client.call({"CLIENT", "INFO"}).text.find(" db=0 ") != std::string::npos);
}

TEST_CASE("a database survives the loss of the connections to a shard") {
  Served<RedisShards> served;
  RespClient client(served.proxy.port());
  client.call({"SELECT", "5"});
  for (const std::string& key : kKeys) client.call({"SET", key, "five"});
  for (auto& server : served.shards.servers) {
    RespClient direct(server.port());
    direct.call({"CLIENT", "KILL", "TYPE", "normal"});
  }
  for (const std::string& key : kKeys) {
    CHECK(eventually([&] { return client.call({"GET", key}).text == "five"; }));
  }
  client.call({"SELECT", "0"});
  CHECK(eventually([&] { return client.call({"DBSIZE"}).text == "0"; }));
}

TEST_CASE("servers in cluster mode have one database, and say so") {
  FakeBackend shard([](FakeConnection& connection) {
    while (const auto command = connection.receive()) {
      connection.send(command->front() == "SELECT"
                          ? "-ERR SELECT is not allowed in cluster mode\r\n"
                          : "$4\r\nzero\r\n");
    }
  });
  ProxyProcess proxy({.shards = {{"a", shard.address()}}});
  RespClient client = proxy.client();
  const std::vector<std::string> replies =
      client.exchange(encode_request({"SELECT", "1"}) + encode_request({"GET", "k"}) +
                          encode_request({"SELECT", "0"}) + encode_request({"GET", "k"}),
                      4);
  CHECK(replies[0].find("SELECT is not allowed in cluster mode") != std::string::npos);
  CHECK(replies[1] == "$4\r\nzero\r\n");
  CHECK(replies[2] == "+OK\r\n");
  CHECK(replies[3] == "$4\r\nzero\r\n");
}

}  // namespace slotway::tests
