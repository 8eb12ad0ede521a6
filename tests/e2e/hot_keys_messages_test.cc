// Who subscribes to the proxy's own channel is told which keys become hot, and which are so no
// longer.

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/hot_keys.h"

namespace slotway::tests {

namespace {

using Json = nlohmann::json;

const std::string kChannel = "__slotway__:hotkeys";

RespClient subscriber(const ProxyProcess& proxy, int version, const std::string& command,
                      const std::string& name) {
  RespClient client(proxy.port(), version);
  client.request({command, name});
  const RespValue reply = client.receive();
  REQUIRE(reply.items.size() == 3);
  CHECK(reply.items[1].text == name);
  CHECK(reply.items[2].integer() == 1);
  return client;
}

// The next message of that event and key.
Json next_message(RespClient& client, const std::string& event, const std::string& key) {
  for (;;) {
    const RespValue push = client.receive();
    REQUIRE(push.items.size() >= 3);
    Json message = Json::parse(push.items.back().text);
    if (message["event"] == event && message["key"] == key) return message;
  }
}

}  // namespace

TEST_CASE("hot keys: a key that becomes hot, and cools, is told to subscribers on every worker") {
  const Cached cached(4, {kAllHot});
  std::vector<RespClient> subscribers;
  for (int i = 0; i < 8; ++i) {
    subscribers.push_back(subscriber(cached.proxy, 2 + i / 4, "SUBSCRIBE", kChannel));
  }
  RespClient by_pattern = subscriber(cached.proxy, 2, "PSUBSCRIBE", "__slotway__:h*");
  RespClient by_other = subscriber(cached.proxy, 2, "PSUBSCRIBE", "__slotway__:x*");
  make_hot(cached.proxy, "rose");
  for (RespClient& client : subscribers) {
    const Json message = next_message(client, "hot", "rose");
    CHECK(message["pool"] == "main");
    CHECK(message["encoding"] == "utf8");
    CHECK(message["cut"] == false);
    CHECK(message["by"] == Json::array({"requests"}));
    CHECK(message["requests_per_second"].is_number_unsigned());
    CHECK(message["share"].is_number());
    CHECK(message["at_ms"] > 1'700'000'000'000);
  }
  const RespValue push = by_pattern.receive();
  REQUIRE(push.items.size() == 4);
  CHECK(push.items[0].text == "pmessage");
  CHECK(push.items[1].text == "__slotway__:h*");
  CHECK(push.items[2].text == kChannel);
  CHECK(Json::parse(push.items[3].text)["key"] == "rose");
  for (RespClient& client : subscribers) next_message(client, "cool", "rose");
  CHECK(by_other.silent_for(milliseconds(0)));
  CHECK(cached.proxy.metric("slotway_hot_key_messages_total") >= 2);
}

TEST_CASE("hot keys: a message has the form of every other of its version") {
  const Cached cached(1, {kAllHot});
  for (const int version : {2, 3}) {
    CAPTURE(version);
    RespClient own = subscriber(cached.proxy, version, "SUBSCRIBE", kChannel);
    RespClient usual = subscriber(cached.proxy, version, "SUBSCRIBE", "usual");
    make_hot(cached.proxy, "rose" + std::to_string(version));
    std::string text = own.receive_raw();
    cached.proxy.client().call({"PUBLISH", "usual", "x"});
    const std::string wanted = usual.receive_raw();
    const size_t name = wanted.find("$5\r\nusual");
    REQUIRE(name != std::string::npos);
    CHECK(text.substr(0, name) == wanted.substr(0, name));
    CHECK(text.substr(name).starts_with("$19\r\n" + kChannel + "\r\n$"));
  }
}

TEST_CASE("hot keys: a key of any bytes is told as valid JSON") {
  const Cached cached(2, {kAllHot});
  RespClient client = subscriber(cached.proxy, 2, "SUBSCRIBE", kChannel);
  make_hot(cached.proxy, std::string("\xff\0\"", 3));
  CHECK(next_message(client, "hot", "/wAi")["encoding"] == "base64");
  const std::string quotes = "\"a\"\r\n\\ \xc3\xa9";
  make_hot(cached.proxy, quotes);
  CHECK(next_message(client, "hot", quotes)["encoding"] == "utf8");
  make_hot(cached.proxy, std::string(300, 'k'));
  CHECK(next_message(client, "hot", std::string(256, 'k'))["cut"] == true);
}

TEST_CASE(
    "hot keys: the channel is the proxy's: no shard hears of it, nobody else publishes there") {
  const Cached cached(2, {kAllHot});
  RespClient by_name = subscriber(cached.proxy, 2, "SUBSCRIBE", kChannel);
  RespClient by_pattern = subscriber(cached.proxy, 2, "PSUBSCRIBE", "*");
  RespClient client = cached.proxy.client();
  CHECK(cached.direct().call({"PUBSUB", "CHANNELS"}).items.empty());
  CHECK(client.call({"PUBSUB", "CHANNELS"}).items.at(0).text == kChannel);
  CHECK(client.call({"PUBSUB", "CHANNELS", "__slot*"}).items.size() == 1);
  CHECK(client.call({"PUBSUB", "CHANNELS", "x*"}).items.empty());
  CHECK(client.call({"PUBSUB", "SHARDCHANNELS"}).items.empty());
  CHECK(client.call({"PUBSUB", "NUMSUB", kChannel}).items.at(1).integer() == 1);

  const std::string refusal = "ERR only the proxy publishes on '" + kChannel + "'";
  CHECK(client.call({"PUBLISH", kChannel, "forged"}).text == refusal);
  CHECK(client.call({"MULTI"}).text == "OK");
  CHECK(client.call({"PUBLISH", kChannel, "forged"}).text == "QUEUED");
  CHECK(client.call({"EXEC"}).items.at(0).text == refusal);
  client.call({"EVAL", "return redis.call('PUBLISH', KEYS[1], 'forged')", "1", kChannel});
  cached.direct().call({"PUBLISH", kChannel, "forged"});
  CHECK(client.call({"PUBLISH", "other", "last"}).integer() == 1);
  // The first that comes: in front of it there was nothing.
  CHECK(by_pattern.receive().items.at(3).text == "last");
  CHECK(by_name.silent_for(milliseconds(0)));

  by_name.request({"UNSUBSCRIBE"});
  CHECK(by_name.receive().items.at(2).integer() == 0);
  CHECK(client.call({"PUBSUB", "CHANNELS"}).items.empty());
  CHECK(client.call({"PUBSUB", "NUMSUB", kChannel}).items.at(1).integer() == 0);
}

TEST_CASE("hot keys: subscribers come and go") {
  const Cached cached(2, {kAllHot});
  RespClient client = cached.proxy.client();
  {
    RespClient gone = subscriber(cached.proxy, 3, "SUBSCRIBE", kChannel);
    gone.socket().reset();
  }
  CHECK(eventually([&] {
    return client.call({"PUBSUB", "NUMSUB", kChannel}).items.at(1).integer() == 0;
  }));
  RespClient again = subscriber(cached.proxy, 3, "SUBSCRIBE", kChannel);
  // In RESP3 a subscriber may be the one that makes it hot.
  for (int i = 0; i < 300; ++i) again.request({"GET", "rose"});
  bool is_told = false;
  for (int replies = 0; !is_told;) {
    const RespValue value = again.receive();
    if (value.items.empty()) {
      ++replies;
      continue;
    }
    is_told = Json::parse(value.items.back().text)["key"] == "rose";
    CHECK(replies <= 300);
  }
}

TEST_CASE("hot keys: the channel needs no shard, and nothing comes while detection is off") {
  const ProxyProcess proxy({.shards = {{"a", "127.0.0.1:1"}}, .wait_for_shards = false});
  RespClient client = subscriber(proxy, 2, "SUBSCRIBE", kChannel);
  client.request({"SUBSCRIBE", "usual"});
  CHECK(client.receive().is_error());
  client.request({"UNSUBSCRIBE", kChannel});
  CHECK(client.receive().items.at(2).integer() == 0);
}

TEST_CASE("hot keys: when detection is turned off, what was hot is so no longer") {
  RedisServer redis;
  ProxyOptions options{.shards = {{"a", redis.address()}}, .pool = {kAllHot}, .workers = 2};
  ProxyProcess proxy(options);
  RespClient client = subscriber(proxy, 2, "SUBSCRIBE", kChannel);
  make_hot(proxy, "rose");
  next_message(client, "hot", "rose");
  options.pool = {"hot_keys: { detect: false }"};
  CHECK(proxy.reload(options));
  next_message(client, "cool", "rose");
}

}  // namespace slotway::tests
