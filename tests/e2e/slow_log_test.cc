// SLOWLOG: requests that took long, held against a redis-server's log.

#include <doctest/doctest.h>

#include <ctime>

#include "tests/e2e/conversation.h"
#include "tests/e2e/shards.h"

namespace slotway::tests {

namespace {

// The arguments of all entries, the newest first.
std::vector<std::string> logged(RespClient& client) {
  std::vector<std::string> lines;
  for (const RespValue& entry : client.call({"SLOWLOG", "GET", "-1"}).items) {
    lines.push_back(entry.items.at(3).to_string());
  }
  return lines;
}

void log_all(RespClient& client) {
  REQUIRE(client.call({"CONFIG", "SET", "slowlog-log-slower-than", "0"}).text == "OK");
  REQUIRE(client.call({"SLOWLOG", "RESET"}).text == "OK");
}

}  // namespace

TEST_CASE("SLOWLOG keeps what redis-server keeps") {
  const RedisServer redis;
  Served<RedisShards> served({"limits: { clients: 100 }"});
  for (const int protocol : {2, 3}) {
    RespClient wanted(redis.port(), protocol);
    RespClient client(served.proxy.port(), protocol);
    std::vector<std::vector<std::string>> lines;
    for (RespClient* each : {&wanted, &client}) {
      log_all(*each);
      for (const Command& command : std::vector<Command>{{"SET", "key", "value"},
                                                         {"GET", "key"},
                                                         {"get", "nosuch"},
                                                         {"LPUSH", "key", "1"},
                                                         {"DEL", "a", "b", "c"},
                                                         {"PING"},
                                                         {"ECHO", ""},
                                                         {"KEYS", "*"},
                                                         {"CLIENT", "SETNAME", "me"},
                                                         {"NOSUCH", "x"}}) {
        each->call(command);
      }
      each->send("SET inline 1\r\n");
      each->receive();
      lines.push_back(logged(*each));
    }
    CHECK(lines[0].size() == 11);
    CHECK(lines[1] == lines[0]);
  }
}

TEST_CASE("an entry tells who waited, when and for how long") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  CHECK(client.call({"CLIENT", "SETNAME", "me"}).text == "OK");
  CHECK(client.call({"CONFIG", "SET", "slowlog-log-slower-than", "100000"}).text == "OK");
  const std::string key = key_of_shard(0);
  RespClient shard(served.shards.servers[0].port());
  shard.request({"DEBUG", "SLEEP", "0.3"});
  CHECK(shard.silent_for(milliseconds(50)));
  client.send(encode_request({"GET", key_of_shard(1)}) + encode_request({"GET", key}) +
              encode_request({"SET", key_of_shard(1), "behind"}));
  for (int i = 0; i < 3; ++i) CHECK(!client.receive().is_error());
  const RespValue log = served.proxy.client().call({"SLOWLOG", "GET"});
  const RespValue* slow = nullptr;
  for (const RespValue& entry : log.items) {
    if (entry.items.at(3).to_string() == "*2[$GET $" + key + "]") slow = &entry;
  }
  REQUIRE(slow != nullptr);
  CHECK(slow->items.size() == 6);
  CHECK(slow->items[1].integer() >= std::time(nullptr) - 60);
  CHECK(slow->items[1].integer() <= std::time(nullptr));
  CHECK(slow->items[2].integer() >= 100'000);
  CHECK(slow->items[2].integer() < 60'000'000);
  CHECK(slow->items[4].text == "127.0.0.1:" + std::to_string(client.socket().local_port()));
  CHECK(slow->items[5].text == "me");
}

TEST_CASE("what waited for its turn is told with its own arguments") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  log_all(client);
  RespClient shard(served.shards.servers[0].port());
  shard.request({"DEBUG", "SLEEP", "0.1"});
  CHECK(shard.silent_for(milliseconds(20)));
  client.send(encode_request({"GET", key_of_shard(0)}) +
              encode_request({"SETRANGE", key_of_shard(1), "0", std::string(500, 'x')}) +
              encode_request({"ECHO", "early"}));
  for (int i = 0; i < 3; ++i) client.receive();
  const std::vector<std::string> lines = logged(client);
  REQUIRE(lines.size() == 4);
  CHECK(lines[0] == "*2[$ECHO $early]");
  CHECK(lines[1].starts_with("*4[$SETRANGE $" + key_of_shard(1) + " $0 $xxx"));
  CHECK(lines[1].ends_with("x... (" +
                           std::to_string(500 - lines[1].find("...") + lines[1].find("xxx")) +
                           " more bytes)]"));
  CHECK(lines[2] == "*2[$GET $" + key_of_shard(0) + "]");
}

TEST_CASE("a long command is cut, and secrets are not kept") {
  Served<EmbeddedShards> served;
  RespClient client = served.proxy.client();
  log_all(client);
  Command many = {"EXISTS"};
  many.resize(1001, "0123456789");
  CHECK(client.call(many).integer() == 0);
  CHECK(logged(client)[0].ends_with(" more arguments)]"));
  client.call({"AUTH", "default", "secret"});
  client.call({"CONFIG", "SET", "nosuch", "secret"});
  const std::vector<std::string> lines = logged(client);
  CHECK(lines[0] == "*4[$CONFIG $SET $(redacted) $(redacted)]");
  CHECK(lines[1] == "*3[$AUTH $(redacted) $(redacted)]");
}

TEST_CASE("what was asked before the log was turned on is not in it") {
  Served<RedisShards> served({}, {"observe: off"});
  RespClient client = served.proxy.client();
  RespClient admin = served.proxy.client();
  RespClient shard(served.shards.servers[0].port());
  shard.request({"DEBUG", "SLEEP", "0.5"});
  CHECK(shard.silent_for(milliseconds(20)));
  client.request({"GET", key_of_shard(0)});
  CHECK(served.proxy.metric_reaches(1, "slotway_in_flight_requests"));
  log_all(admin);
  CHECK(client.receive().null);
  CHECK(client.call({"ECHO", "later"}).text == "later");
  CHECK(logged(admin) == std::vector<std::string>{"*2[$ECHO $later]", "*2[$SLOWLOG $RESET]"});
}

TEST_CASE("the log has all workers' entries, the newest first and no more than allowed") {
  Served<EmbeddedShards> served;
  std::vector<RespClient> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(served.proxy.client());
  log_all(clients[0]);
  for (size_t i = 0; i < 40; ++i) clients[i % 8].call({"ECHO", std::to_string(i)});
  const std::vector<std::string> lines = logged(clients[0]);
  REQUIRE(lines.size() == 41);  // and the RESET
  for (size_t i = 0; i < 40; ++i) {
    CHECK(lines[i] == "*2[$ECHO $" + std::to_string(39 - i) + "]");
  }
  CHECK(clients[1].call({"SLOWLOG", "LEN"}).integer() == 42);
  CHECK(clients[1].call({"SLOWLOG", "GET"}).items.size() == 10);
  CHECK(clients[1].call({"SLOWLOG", "GET", "3"}).items.size() == 3);
  CHECK(clients[2].call({"CONFIG", "SET", "slowlog-max-len", "5"}).text == "OK");
  CHECK(clients[3].call({"SLOWLOG", "LEN"}).integer() == 5);
  CHECK(clients[3].call({"SLOWLOG", "GET", "-1"}).items.size() == 5);
  CHECK(clients[4].call({"CONFIG", "SET", "slowlog-log-slower-than", "-1"}).text == "OK");
  CHECK(clients[4].call({"SLOWLOG", "RESET"}).text == "OK");
  CHECK(clients[4].call({"ECHO", "x"}).text == "x");
  CHECK(clients[5].call({"SLOWLOG", "LEN"}).integer() == 0);
  CHECK(clients[5].call({"SLOWLOG", "HELP"}).type == '*');
}

TEST_CASE("wrong uses of SLOWLOG and its settings are refused as by redis-server") {
  const RedisServer redis;
  Served<EmbeddedShards> served;
  RespClient wanted(redis.port());
  RespClient client = served.proxy.client();
  check_same(client, wanted,
             {
                 {"CONFIG", "GET", "slowlog-log-slower-than"},
                 {"CONFIG", "GET", "SLOWLOG-max-len"},
                 {"SLOWLOG", "GET", "-2"},
                 {"SLOWLOG", "GET", "x"},
                 {"SLOWLOG", "GET", "1", "2"},
                 {"SLOWLOG", "LEN", "1"},
                 {"SLOWLOG", "NOSUCH"},
                 {"SLOWLOG", "GET", "0"},
                 {"CONFIG", "SET", "slowlog-log-slower-than", "x"},
                 {"CONFIG", "SET", "slowlog-log-slower-than", "-2"},
                 {"CONFIG", "SET", "slowlog-max-len", "x"},
                 {"CONFIG", "SET", "slowlog-max-len", "1", "slowlog-max-len", "2"},
                 {"CONFIG", "SET", "slowlog-max-len", "1", "hz"},
                 {"CONFIG", "SET", "slowlog-max-len", "7", "slowlog-log-slower-than", "1000000"},
                 {"CONFIG", "GET", "slowlog-max-len"},
                 {"CONFIG", "GET", "slowlog-log-slower-than"},
             });
  CHECK(client.call({"CONFIG", "SET", "slowlog-max-len", "1000001"}).is_error());
  // With a setting of the shards: all or nothing.
  CHECK(client.call({"CONFIG", "SET", "slowlog-max-len", "9", "nosuch", "1"}).is_error());
  CHECK(client.call({"CONFIG", "GET", "slowlog-max-len"}).find("slowlog-max-len")->text == "7");
  CHECK(client.call({"CONFIG", "SET", "slowlog-max-len", "9", "hz", "20"}).text == "OK");
  CHECK(client.call({"CONFIG", "GET", "slowlog-max-len"}).find("slowlog-max-len")->text == "9");
}

}  // namespace slotway::tests
