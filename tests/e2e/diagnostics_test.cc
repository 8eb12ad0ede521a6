// What a server tells about itself and its values: LATENCY, MEMORY, MODULE, OBJECT, DEBUG, held
// against a redis-server where the proxy is to answer alike.

#include <doctest/doctest.h>

#include <thread>

#include "tests/e2e/conversation.h"
#include "tests/e2e/shards.h"

namespace slotway::tests {

namespace {

// The reply without the numbers in it, up to the steps of the first histogram.
std::string shape(const std::string& reply) {
  const std::string text = reply.substr(0, reply.find("histogram_usec"));
  std::string kept;
  for (const char c : text) {
    if (c < '0' || c > '9') kept += c;
  }
  return kept;
}

}  // namespace

TEST_CASE("what the proxy has nothing to tell about is empty, as in a fresh redis-server") {
  const RedisServer redis;
  Served<RedisShards> served;
  for (const int protocol : {2, 3}) {
    RespClient wanted(redis.port(), protocol);
    RespClient client(served.proxy.port(), protocol);
    check_same(client, wanted,
               {
                   {"MODULE", "LIST"},
                   {"LATENCY", "LATEST"},
                   {"LATENCY", "HISTORY", "command"},
                   {"LATENCY", "GRAPH", "command"},
                   {"LATENCY", "RESET"},
                   {"LATENCY", "RESET", "command"},
                   {"LATENCY", "HISTOGRAM", "nosuch", "lpush"},
                   {"LATENCY", "NOSUCH"},
                   {"MEMORY", "USAGE", "nosuch"},
                   {"OBJECT", "ENCODING", "nosuch"},
                   {"SET", "key", "value"},
                   {"MEMORY", "USAGE", "key"},
                   {"MEMORY", "USAGE", "key", "SAMPLES", "0"},
                   {"OBJECT", "ENCODING", "key"},
                   {"OBJECT", "REFCOUNT", "key"},
                   {"OBJECT", "FREQ", "key"},
               });
    for (const Command& command : std::vector<Command>{
             {"LATENCY", "DOCTOR"}, {"MEMORY", "DOCTOR"}, {"LOLWUT"}, {"MEMORY", "STATS"}}) {
      const RespValue reply = client.call(command);
      CHECK(reply.type == wanted.call(command).type);
      CHECK(reply.text.empty() == (reply.type == '*' || reply.type == '%'));
    }
    CHECK(client.call({"OBJECT", "IDLETIME", "key"}).integer() < 60);
    CHECK(client.call({"LOLWUT"}).text.find("Redis ver. 7.0.15") != std::string::npos);
    CHECK(client.call({"MEMORY", "STATS"}).find("total.allocated")->integer() > 1'000'000);
    for (const char* container : {"LATENCY", "MEMORY", "MODULE", "OBJECT", "XGROUP", "XINFO"}) {
      CHECK(client.call({container, "HELP"}).items.size() >= 3);
    }
  }
}

TEST_CASE("LATENCY HISTOGRAM has the shape of redis-server's and every request") {
  const RedisServer redis;
  Served<EmbeddedShards> served;
  for (const int protocol : {2, 3}) {
    RespClient wanted(redis.port(), protocol);
    RespClient client(served.proxy.port(), protocol);
    for (RespClient* each : {&wanted, &client}) {
      each->call({"APPEND", "key", "x"});
      each->call({"OBJECT", "ENCODING", "key"});
    }
    for (const Command& command :
         std::vector<Command>{{"LATENCY", "HISTOGRAM", "object"},
                              {"LATENCY", "HISTOGRAM", "object|encoding", "nosuch"}}) {
      const RespValue reply = client.call(command);
      CHECK(shape(reply.to_string()) == shape(wanted.call(command).to_string()));
    }
    const RespValue all = client.call({"LATENCY", "HISTOGRAM"});
    REQUIRE(all.find("append") != nullptr);
    CHECK(all.find("get") == nullptr);
    CHECK(all.find("append")->find("calls")->integer() == protocol - 1);
    const RespValue* steps = all.find("append")->find("histogram_usec");
    REQUIRE(steps->items.size() >= 2);
    CHECK(steps->items.back().integer() == protocol - 1);
    Command many = {"LATENCY", "HISTOGRAM"};
    many.resize(100, "append");
    CHECK(client.call(many).to_string() ==
          client.call({"LATENCY", "HISTOGRAM", "append"}).to_string());
    many.resize(100'000, "append");
    CHECK(client.call(many).text.starts_with("ERR too many command names: there are "));
  }
}

TEST_CASE("DEBUG goes to the shard of its key, or to all") {
  const RedisServer redis;
  Served<RedisShards> served;
  for (const int protocol : {2, 3}) {
    RespClient wanted(redis.port(), protocol);
    RespClient client(served.proxy.port(), protocol);
    for (const std::string& key : two_keys_each()) {
      check_same(client, wanted,
                 {{"SET", key, "value"},
                  {"DEBUG", "DIGEST-VALUE", key},
                  {"DEBUG", "SDSLEN", key},
                  {"DEBUG", "SET-ACTIVE-EXPIRE", "1"},
                  {"DEBUG", "OBJECT", key + "missing"},
                  {"DEBUG", "RELOAD"},
                  {"debug", "quicklist-packed-threshold", "1000"},
                  {"GET", key}});
      CHECK(client.call({"DEBUG", "OBJECT", key}).text.find("encoding:embstr") !=
            std::string::npos);
    }
    CHECK(client.call({"DEBUG", "HELP"}).items.size() > 5);
  }
}

TEST_CASE("DEBUG PROTOCOL shows each type of reply") {
  const RedisServer redis;
  Served<EmbeddedShards> served;
  std::vector<Command> commands;
  for (const std::string type : {"string", "integer", "double", "bignum", "null", "array", "set",
                                 "map", "attrib", "verbatim", "TRUE", "false", "nothing"}) {
    commands.push_back({"DEBUG", "PROTOCOL", type});
  }
  for (const int protocol : {2, 3}) {
    for (const Command& command : commands) {
      RespClient wanted(redis.port(), protocol);
      RespClient client(served.proxy.port(), protocol);
      for (RespClient* const each : {&wanted, &client}) {
        each->send(encode_request(command) + encode_request({"QUIT"}));
      }
      CHECK(client.receive_until_end() == wanted.receive_until_end());
    }
  }
}

TEST_CASE("DEBUG SLEEP keeps its own client waiting, and nobody else") {
  Served<RedisShards> served;
  RespClient sleeping = served.proxy.client();
  RespClient other = served.proxy.client();
  sleeping.send(encode_request({"DEBUG", "SLEEP", "0.3"}) + encode_request({"GET", "key"}));
  const auto begin = Clock::now();
  for (size_t shard = 0; shard < kShards; ++shard) {
    CHECK(other.call({"SET", key_of_shard(shard), "value"}).text == "OK");
  }
  CHECK(sleeping.receive().text == "OK");
  CHECK(sleeping.receive().null);
  CHECK(Clock::now() - begin >= milliseconds(290));
  CHECK(sleeping.call({"DEBUG", "SLEEP", "x"}).text == "OK");
  for (int i = 0; i < 3; ++i) {
    RespClient leaves = served.proxy.client();
    leaves.request({"DEBUG", "SLEEP", "0.05"});
  }
  CHECK(eventually([&] { return served.proxy.metric("slotway_client_connections") == 2; }));
}

TEST_CASE("of a client that is cut off while it sleeps nothing is left") {
  Served<RedisShards> served;
  RespClient sleeping = served.proxy.client();
  sleeping.request({"DEBUG", "SLEEP", "3600"});
  CHECK(served.proxy.metric_reaches(1, "slotway_in_flight_requests"));
  sleeping.socket().reset();
  // A sanitizer sees the rest at the end of the proxy.
  CHECK(eventually([&] { return served.proxy.metric("slotway_client_connections") == 0; }));
}

TEST_CASE("DEBUG SET-ACTIVE-EXPIRE reaches every shard") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  CHECK(client.call({"DEBUG", "SET-ACTIVE-EXPIRE", "0"}).text == "OK");
  for (size_t shard = 0; shard < kShards; ++shard) {
    client.call({"SET", key_of_shard(shard), "x", "PX", "1"});
  }
  std::this_thread::sleep_for(milliseconds(300));
  CHECK(client.call({"DBSIZE"}).integer() == 3);
}

TEST_CASE("DEBUG SET-DISABLE-DENY-SCRIPTS reaches every shard") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  const auto ask = [&](size_t shard) {
    return client.call(
        {"EVAL", "return redis.call('DEBUG', 'PROTOCOL', 'integer')", "1", key_of_shard(shard)});
  };
  for (size_t shard = 0; shard < kShards; ++shard) CHECK(ask(shard).is_error());
  CHECK(client.call({"DEBUG", "SET-DISABLE-DENY-SCRIPTS", "1"}).text == "OK");
  for (size_t shard = 0; shard < kShards; ++shard) CHECK(ask(shard).integer() == 12345);
}

TEST_CASE("DEBUG DIGEST changes with the data of any shard, and back") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  const std::string empty = client.call({"DEBUG", "DIGEST"}).text;
  CHECK(empty == std::string(40, '0'));
  std::string before = empty;
  for (size_t shard = 0; shard < kShards; ++shard) {
    client.call({"SET", key_of_shard(shard), "x"});
    const std::string after = client.call({"DEBUG", "DIGEST"}).text;
    CHECK(after.size() == 40);
    CHECK(after != before);
    client.call({"SET", key_of_shard(shard, 1), "y"});
    client.call({"DEL", key_of_shard(shard, 1)});
    CHECK(client.call({"DEBUG", "DIGEST"}).text == after);
    before = after;
  }
}

TEST_CASE("what only one shard can do, a pool with one shard does") {
  const RedisServer redis;
  ProxyProcess proxy({.shards = {{"a", redis.address()}}});
  RespClient client = proxy.client();
  CHECK(client.call({"DEBUG", "POPULATE", "30"}).text == "OK");
  CHECK(client.call({"DBSIZE"}).integer() == 30);
}

TEST_CASE("DEBUG LOADAOF has every shard read its log") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  for (const std::string& key : two_keys_each()) client.call({"SET", key, "value"});
  CHECK(client.call({"CONFIG", "SET", "appendonly", "yes"}).text == "OK");
  // A file that is not complete would end the server.
  REQUIRE(eventually([&] {
    const std::string text = client.call({"INFO", "persistence"}).text;
    return text.find("aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0\r\n") !=
               std::string::npos &&
           text.find("aof_rewrites:3\r\n") != std::string::npos;
  }));
  CHECK(client.call({"DEBUG", "LOADAOF"}).text == "OK");
  for (const std::string& key : two_keys_each()) CHECK(client.call({"GET", key}).text == "value");
}

TEST_CASE("DEBUG that does harm is refused") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  for (const Command& command : std::vector<Command>{{"DEBUG", "SLEEP"},
                                                     {"DEBUG", "SEGFAULT"},
                                                     {"DEBUG", "JMAP"},
                                                     {"DEBUG", "RELOAD", "NOSAVE"},
                                                     {"DEBUG", "POPULATE", "10"},
                                                     {"DEBUG", "OBJECT"}}) {
    CHECK(client.call(command).text ==
          "ERR 'debug|" + command[1] +
              "' with these arguments is not supported by this proxy. Try DEBUG HELP.");
  }
  CHECK(client.call({"PING"}).text == "PONG");
}

}  // namespace slotway::tests
