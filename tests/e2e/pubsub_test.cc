// Channels through the proxy: what subscribers are answered and sent, held against a redis-server.

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/e2e/shards.h"
#include "tests/support/patience.h"

namespace slotway::tests {

namespace {

// Sends the commands and gives the bytes of so many frames.
std::string talk(uint16_t port, int version, const std::vector<Command>& commands, size_t frames) {
  RespClient client(port, version);
  std::string bytes;
  std::string text;
  for (const Command& command : commands) bytes += encode_request(command);
  for (const std::string& frame : client.exchange(bytes, frames)) text += frame;
  return text;
}

// A subscriber of the channels that has been answered.
RespClient subscriber(const ProxyProcess& proxy, const std::string& command,
                      const std::vector<std::string>& names, int version = 2) {
  RespClient client(proxy.port(), version);
  Command all = {command};
  all.insert(all.end(), names.begin(), names.end());
  client.request(all);
  for (size_t i = 0; i < names.size(); ++i) client.receive();
  return client;
}

int64_t shard_count(const RedisServer& shard, const std::string& channel) {
  return RespClient(shard.port()).call({"PUBSUB", "NUMSUB", channel}).items[1].integer();
}

}  // namespace

TEST_CASE("subscribing and unsubscribing is answered as by redis-server, byte for byte") {
  const RedisServer redis;
  Served<RedisShards> served;
  const std::vector<Command> commands = {
      {"UNSUBSCRIBE"},
      {"PUNSUBSCRIBE", "a*"},
      {"SUNSUBSCRIBE"},
      {"SUBSCRIBE", "a", "b", "a"},
      {"PING"},
      {"PING", "x"},
      {"PSUBSCRIBE", "p*", "a?"},
      {"SSUBSCRIBE", "s"},
      {"SUBSCRIBE"},
      {"UNSUBSCRIBE", "a", "nosuch"},
      {"PUNSUBSCRIBE", "p*", "a?"},
      {"SUNSUBSCRIBE", "s"},
      {"UNSUBSCRIBE"},
      {"PING"},
      {"SUBSCRIBE", "again"},
      {"RESET"},
      {"PING"},
  };
  for (const int version : {2, 3}) {
    CAPTURE(version);
    CHECK(talk(served.proxy.port(), version, commands, 22) ==
          talk(redis.port(), version, commands, 22));
  }
}

TEST_CASE("in RESP2 a subscriber can ask for nothing else, in RESP3 it can") {
  const RedisServer redis;
  Served<RedisShards> served;
  const std::vector<Command> commands = {{"SUBSCRIBE", "a"}, {"GET", "key"},  {"MULTI"},
                                         {"CLIENT", "ID"},   {"HELLO", "x"},  {"PUBLISH", "b", "c"},
                                         {"NOSUCH"},         {"UNSUBSCRIBE"}, {"GET", "key"}};
  CHECK(talk(served.proxy.port(), 2, commands, 9) == talk(redis.port(), 2, commands, 9));
  RespClient client = subscriber(served.proxy, "SUBSCRIBE", {"a"}, 3);
  CHECK(client.call({"SET", "key", "value"}).text == "OK");
  CHECK(client.call({"GET", "key"}).text == "value");
}

TEST_CASE("messages reach the subscribers of their channel, of any shard, and no others") {
  const RedisServer redis;
  Served<RedisShards> served;
  for (const int version : {2, 3}) {
    std::array<std::string, 2> heard;
    std::array<std::string, 2> counted;
    for (const bool proxied : {false, true}) {
      const uint16_t port = proxied ? served.proxy.port() : redis.port();
      RespClient listener(port, version);
      RespClient publisher(port, version);
      std::string& text = heard[proxied];
      for (const Command& command : std::vector<Command>{{"SUBSCRIBE", key_of_shard(0)},
                                                         {"SUBSCRIBE", key_of_shard(1)},
                                                         {"SSUBSCRIBE", key_of_shard(2)},
                                                         {"PSUBSCRIBE", "key:0:*"},
                                                         {"PSUBSCRIBE", "k[e]y*"}}) {
        listener.request(command);
        text += listener.receive_raw();
      }
      for (const std::string& channel : two_keys_each()) {
        for (const char* command : {"PUBLISH", "SPUBLISH"}) {
          for (const std::string& payload :
               {std::string("hello"), std::string("\r\n\0*3", 5), std::string(100'000, 'x')}) {
            const int64_t receivers = publisher.call({command, channel, payload}).integer();
            counted[proxied] += std::to_string(receivers);
            // Those of several patterns have no order.
            std::vector<std::string> frames;
            for (int64_t i = 0; i < receivers; ++i) frames.push_back(listener.receive_raw());
            std::ranges::sort(frames);
            for (const std::string& frame : frames) text += frame;
          }
        }
      }
    }
    CHECK(counted[1] == counted[0]);
    CHECK((heard[1] == heard[0]));
  }
}

TEST_CASE("a worker subscribes once, however many clients listen, and no longer than they do") {
  constexpr size_t kClients = 300;
  RedisShards shards;
  const ProxyProcess proxy({.shards = shards.entries(), .workers = 2});
  const std::string channel = key_of_shard(1);
  RespClient publisher = proxy.client();
  {
    std::vector<RespClient> listeners;
    for (size_t i = 0; i < kClients; ++i) {
      listeners.push_back(subscriber(proxy, "SUBSCRIBE", {channel}));
    }
    CHECK(shard_count(shards.servers[1], channel) == 2);
    CHECK(shard_count(shards.servers[0], channel) == 0);
    CHECK(publisher.call({"PUBLISH", channel, "x"}).integer() == kClients);
    CHECK(publisher.call({"PUBSUB", "NUMSUB", channel}).items[1].integer() == kClients);
    for (RespClient& listener : listeners) CHECK(listener.receive().items[2].text == "x");
    for (size_t i = 0; i < kClients / 2; ++i) {
      listeners[i].request({"UNSUBSCRIBE"});
      listeners[i].receive();
    }
    CHECK(publisher.call({"PUBLISH", channel, "y"}).integer() == kClients / 2);
  }
  // The rest have gone without a word.
  CHECK(eventually([&] { return shard_count(shards.servers[1], channel) == 0; }));
  CHECK(eventually([&] { return publisher.call({"PUBLISH", channel, "z"}).integer() == 0; }));
  CHECK(publisher.call({"PUBSUB", "CHANNELS"}).items.empty());
}

TEST_CASE("PUBSUB tells of all shards, each name once") {
  Served<RedisShards> served;
  std::vector<std::string> channels = two_keys_each();
  RespClient first = subscriber(served.proxy, "SUBSCRIBE", channels);
  RespClient second = subscriber(served.proxy, "SUBSCRIBE", {channels[0], channels[1]});
  RespClient third = subscriber(served.proxy, "PSUBSCRIBE", {"a*", "b*"});
  RespClient fourth = subscriber(served.proxy, "PSUBSCRIBE", {"b*"});
  RespClient fifth = subscriber(served.proxy, "SSUBSCRIBE", {channels[2]});
  RespClient client = served.proxy.client();
  std::vector<std::string> listed = client.call({"PUBSUB", "CHANNELS"}).texts();
  std::ranges::sort(listed);
  std::ranges::sort(channels);
  CHECK(listed == channels);
  CHECK(client.call({"PUBSUB", "CHANNELS", "nosuch*"}).items.empty());
  CHECK(client.call({"PUBSUB", "NUMPAT"}).integer() == 3 - 1);
  channels = two_keys_each();
  CHECK(client.call({"PUBSUB", "NUMSUB", channels[0], "nosuch", channels[2]}).to_string() ==
        "*6[$" + channels[0] + " :2 $nosuch :0 $" + channels[2] + " :1]");
  CHECK(client.call({"PUBSUB", "SHARDCHANNELS"}).texts() == std::vector{channels[2]});
  CHECK(client.call({"PUBSUB", "SHARDNUMSUB", channels[2], channels[0]}).to_string() ==
        "*4[$" + channels[2] + " :1 $" + channels[0] + " :0]");
  CHECK(client.call({"PUBSUB", "HELP"}).items.size() > 5);
  CHECK(client.call({"CLIENT", "LIST"}).text.find("sub=6 psub=0 ssub=0") != std::string::npos);
}

TEST_CASE("keyspace notifications of all shards arrive") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  REQUIRE(client.call({"CONFIG", "SET", "notify-keyspace-events", "KEA"}).text == "OK");
  RespClient events = subscriber(served.proxy, "SUBSCRIBE", {"__keyevent@0__:set"});
  RespClient patterns = subscriber(served.proxy, "PSUBSCRIBE", {"__keyspace@0__:*"}, 3);
  for (const std::string& key : two_keys_each()) {
    client.call({"SET", key, "value"});
    CHECK(events.receive().items[2].text == key);
    CHECK(patterns.receive().items[2].text == "__keyspace@0__:" + key);
  }
}

TEST_CASE("EXEC publishes, to channels of any shard, and counts the clients") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  std::vector<RespClient> listeners;
  for (size_t shard = 0; shard < kShards; ++shard) {
    for (int i = 0; i < 8; ++i) {
      listeners.push_back(subscriber(served.proxy, "SUBSCRIBE", {key_of_shard(shard)}));
    }
  }
  client.call({"MULTI"});
  client.call({"LPUSH", "list", "x"});
  for (size_t shard = 0; shard < kShards; ++shard) {
    CHECK(client.call({"PUBLISH", key_of_shard(shard), "pushed"}).text == "QUEUED");
  }
  client.call({"LLEN", "list"});
  CHECK(client.call({"EXEC"}).to_string() == "*5[:1 :8 :8 :8 :1]");
  for (RespClient& listener : listeners) CHECK(listener.receive().items[2].text == "pushed");
  client.call({"WATCH", "list"});
  served.proxy.client().call({"LPUSH", "list", "y"});
  client.call({"MULTI"});
  client.call({"PUBLISH", key_of_shard(0), "never"});
  CHECK(client.call({"EXEC"}).null);
  CHECK(client.call({"PUBLISH", key_of_shard(0), "next"}).integer() == 8);
  CHECK(listeners[0].receive().items[2].text == "next");
}

}  // namespace slotway::tests
