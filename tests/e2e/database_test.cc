// SELECT and the commands that name databases: each session has its own.

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>

#include "tests/e2e/shards.h"
#include "tests/support/fake_backend.h"

namespace slotway::tests {

namespace {

// One of each shard.
const std::vector<std::string> kKeys = {key_of_shard(0), key_of_shard(1), key_of_shard(2)};

const char kNoSuchDatabase[] = "-ERR DB index is out of range\r\n";
const char kBusy[] = "-BUSY Redis is busy running a script.\r\n";

// Answers all but SELECT with the number of the database in which it is executed.
class Numbered {
 public:
  std::atomic<bool> has_one{false};  // database only
  std::atomic<bool> busy{false};
  std::atomic<int> declined{0};  // how many SELECTs are still to be answered with -BUSY

  FakeBackend backend{[this](FakeConnection& connection) {
    std::string database = "0";
    while (const auto command = connection.receive()) {
      if (command->front() == "CUT") return;
      if (command->front() == "SELECT") {
        if (busy || declined-- > 0) {
          connection.send(kBusy);
        } else if (has_one && command->at(1) != "0") {
          connection.send(kNoSuchDatabase);
        } else {
          database = command->at(1);
          connection.send("+OK\r\n");
        }
      } else {
        connection.send(busy ? kBusy : "+" + database + "\r\n");
      }
      // A shard restarts: with fewer databases, and all connections lost.
      if (command->front() == "SET") return;
    }
  }};
  ProxyProcess proxy{{.shards = {{"a", backend.address()}}, .workers = 1}};

  // How often the command has arrived.
  int64_t count(const std::string& command) const {
    return std::ranges::count(backend.commands(), command);
  }
};

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

TEST_CASE("servers in cluster mode have one database, and say so in their words") {
  const std::string error = "-ERR SELECT is not allowed in cluster mode\r\n";
  FakeBackend shard([&](FakeConnection& connection) {
    while (const auto command = connection.receive()) {
      connection.send(command->front() == "SELECT" ? error : "$4\r\nzero\r\n");
    }
  });
  ProxyProcess proxy({.shards = {{"a", shard.address()}}});
  RespClient client = proxy.client();
  for (int round = 0; round < 2; ++round) {
    CHECK(client.exchange(encode_request({"SELECT", "1"}) + encode_request({"GET", "k"}) +
                              encode_request({"SELECT", "0"}) + encode_request({"GET", "k"}),
                          4) ==
          std::vector<std::string>{error, "$4\r\nzero\r\n", "+OK\r\n", "$4\r\nzero\r\n"});
  }
}

TEST_CASE("nothing runs in another database where a shard has fewer than before") {
  Numbered shard;
  RespClient client = shard.proxy.client();
  RespClient other = shard.proxy.client();
  CHECK(client.call({"SELECT", "5"}).text == "OK");
  CHECK(client.call({"GET", "k"}).text == "5");
  CHECK(client.call({"RPUSH", "k", "v"}).text == "5");
  shard.has_one = true;
  CHECK(client.call({"SET", "k", "v"}).text == "5");  // the last on this connection
  CHECK(eventually([&] {
    return client.call({"RPUSH", "k", "v"}).text == "ERR DB index is out of range";
  }));
  CHECK(client.call({"BLPOP", "k", "0"}).text == "ERR DB index is out of range");
  CHECK(client.call({"WATCH", "k"}).text == "ERR DB index is out of range");
  CHECK(client.call({"MULTI"}).text == "OK");
  CHECK(client.call({"RPUSH", "k", "v"}).text == "QUEUED");
  CHECK(client.call({"EXEC"}).text == "ERR DB index is out of range");
  CHECK(other.call({"SELECT", "6"}).text == "ERR DB index is out of range");
  CHECK(other.call({"GET", "k"}).text == "0");
  CHECK(client.call({"SELECT", "0"}).text == "OK");
  CHECK(client.call({"GET", "k"}).text == "0");
  CHECK(shard.count("RPUSH k v") == 1);
  CHECK(shard.count("BLPOP k 0") == 0);
  CHECK(shard.count("WATCH k") == 0);
}

TEST_CASE("a SELECT that meets a busy shard costs nobody the connection") {
  Numbered shard;
  RespClient five = shard.proxy.client();
  RespClient six = shard.proxy.client();
  CHECK(five.call({"SELECT", "5"}).text == "OK");
  CHECK(six.call({"SELECT", "6"}).text == "OK");
  CHECK(five.call({"GET", "k"}).text == "5");
  CHECK(six.call({"GET", "k"}).text == "6");
  const size_t connections = shard.backend.connections();
  shard.busy = true;
  for (int i = 0; i < 3; ++i) {
    CHECK(five.call({"GET", "k"}).text.starts_with("BUSY "));
    CHECK(six.call({"GET", "k"}).text.starts_with("BUSY "));
  }
  RespClient seven = shard.proxy.client();
  CHECK(seven.call({"SELECT", "7"}).text == "BUSY Redis is busy running a script.");
  shard.busy = false;
  CHECK(five.call({"GET", "k"}).text == "5");
  CHECK(six.call({"GET", "k"}).text == "6");
  CHECK(eventually([&] { return seven.call({"SELECT", "7"}).text == "OK"; }));
  CHECK(seven.call({"GET", "k"}).text == "7");
  CHECK(shard.backend.connections() == connections);
}

TEST_CASE("no answer comes from the database of a SELECT that was declined") {
  Numbered shard;
  RespClient five = shard.proxy.client();
  RespClient six = shard.proxy.client();
  for (RespClient* client : {&five, &six}) {
    CHECK(client->call({"SELECT", client == &five ? "5" : "6"}).text == "OK");
    client->call({"GET", "k"});
  }
  // The shard is busy for the SELECT alone.
  shard.declined = 1;
  CHECK(five.call({"GET", "k"}).text.find("declined a SELECT") != std::string::npos);
  CHECK(eventually([&] { return five.call({"GET", "k"}).text == "5"; }));
  CHECK(six.call({"GET", "k"}).text == "6");
}

TEST_CASE("a database can be chosen while one of the shards is gone") {
  Served<RedisShards> served;
  served.shards.servers[1].kill();
  REQUIRE(served.proxy.metric_reaches(1, "slotway_shard_reconnects_total", "shard=\"b\""));
  RespClient client = served.proxy.client();
  CHECK(eventually([&] { return client.call({"SELECT", "3"}).text == "OK"; }));
  CHECK(client.call({"SET", kKeys[0], "three"}).text == "OK");
  CHECK(client.call({"GET", kKeys[1]}).text.find("out of reach") != std::string::npos);
  served.shards.servers[1].start();
  CHECK(eventually([&] { return client.call({"SET", kKeys[1], "three"}).text == "OK"; }));
  RespClient direct(served.shards.servers[1].port());
  direct.call({"SELECT", "3"});
  CHECK(direct.call({"GET", kKeys[1]}).text == "three");
}

}  // namespace slotway::tests
