// CLIENT TRACKING through the proxy: what a client is told of the keys that it has read.

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>

#include "tests/e2e/conversation.h"
#include "tests/e2e/shards.h"
#include "tests/support/free_port.h"
#include "tests/support/patience.h"
#include "tests/support/temp_dir.h"

namespace slotway::tests {

namespace {

// A client of RESP3 with tracking on.
RespClient tracking(const ProxyProcess& proxy, const Command& options = {}, int version = 3) {
  RespClient client(proxy.port(), version);
  Command command = {"CLIENT", "TRACKING", "ON"};
  command.insert(command.end(), options.begin(), options.end());
  REQUIRE(client.call(command).text == "OK");
  return client;
}

std::string invalidation(const std::string& key) { return ">2[$invalidate *1[$" + key + "]]"; }

}  // namespace

TEST_CASE("commands of tracking are answered as by redis-server, byte for byte") {
  const RedisServer redis;
  Served<RedisShards> served;
  const std::vector<Command> commands = {
      {"CLIENT", "TRACKINGINFO"},
      {"CLIENT", "GETREDIR"},
      {"CLIENT", "TRACKING", "OFF"},
      {"CLIENT", "CACHING", "YES"},
      {"CLIENT", "TRACKING", "maybe"},
      {"CLIENT", "TRACKING", "ON", "NOSUCH"},
      {"CLIENT", "TRACKING", "ON", "REDIRECT", "x"},
      {"CLIENT", "TRACKING", "ON", "REDIRECT", "999999"},
      {"CLIENT", "TRACKING", "ON", "PREFIX", "a"},
      {"CLIENT", "TRACKING", "ON", "OPTIN", "OPTOUT"},
      {"CLIENT", "TRACKING", "ON", "BCAST", "OPTIN"},
      {"CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "ab", "PREFIX", "a"},
      {"CLIENT", "TRACKINGINFO"},
      {"CLIENT", "TRACKING", "ON", "OPTIN", "NOLOOP"},
      {"CLIENT", "TRACKINGINFO"},
      {"CLIENT", "CACHING", "NO"},
      {"CLIENT", "CACHING", "x"},
      {"CLIENT", "CACHING", "YES"},
      {"CLIENT", "TRACKINGINFO"},
      {"GET", "key"},
      {"CLIENT", "TRACKINGINFO"},
      {"CLIENT", "TRACKING", "ON", "OPTOUT"},
      {"CLIENT", "TRACKING", "ON", "BCAST"},
      {"CLIENT", "TRACKING", "OFF"},
      {"CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "a", "PREFIX", "b"},
      {"CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "bc"},
      {"CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "c"},
      {"CLIENT", "TRACKINGINFO"},
      {"CLIENT", "GETREDIR"},
      {"SET", "a", "1"},
      {"RESET"},
      {"CLIENT", "TRACKINGINFO"},
  };
  for (const int version : {2, 3}) {
    CAPTURE(version);
    // The second time the client that sets "a" is told so, which is no reply.
    std::vector<Command> asked = commands;
    if (version == 3) asked.erase(asked.end() - 3);
    CHECK(conversation(served.proxy.port(), asked, version) ==
          conversation(redis.port(), asked, version));
  }
}

TEST_CASE("a client is told of what it has read, of every shard, and of nothing else") {
  Served<RedisShards> served;
  RespClient writer = served.proxy.client();
  SUBCASE("by default") {
    RespClient reader = tracking(served.proxy);
    for (const std::string& key : two_keys_each()) {
      CHECK(reader.call({"GET", key}).null);
      writer.call({"SET", key_of_shard(shard_of(key), 9), "x"});
      writer.call({"SET", key, "1"});
      CHECK(reader.receive().to_string() == invalidation(key));
      writer.call({"SET", key, "2"});  // not read again: no word
    }
    Command all = {"MGET"};
    for (const std::string& key : two_keys_each()) all.push_back(key);
    CHECK(reader.call(all).items.size() == 6);
    CHECK(writer.call({"FLUSHALL"}).text == "OK");
    for (size_t i = 0; i < kShards; ++i) CHECK(reader.receive().items[1].null);
  }
  SUBCASE("of prefixes, without having read") {
    RespClient reader = tracking(served.proxy, {"BCAST", "PREFIX", "key:0", "NOLOOP"});
    for (size_t shard = 0; shard < kShards; ++shard) {
      reader.call({"SET", key_of_shard(shard), "own"});
      writer.call({"SET", key_of_shard(shard, 1), "other"});
      writer.call({"SET", key_of_shard(shard), "1"});
      CHECK(reader.receive().to_string() == invalidation(key_of_shard(shard)));
    }
  }
  SUBCASE("if it opts in, and with the next command only") {
    RespClient reader = tracking(served.proxy, {"OPTIN"});
    for (const std::string& key : two_keys_each()) {
      reader.call({"GET", key + "x"});
      CHECK(reader.call({"CLIENT", "CACHING", "YES"}).text == "OK");
      reader.call({"MGET", key, key_of_shard(0, 7)});
      reader.call({"GET", key + "y"});
      for (const char* suffix : {"x", "y", ""}) writer.call({"SET", key + suffix, "1"});
      CHECK(reader.receive().to_string() == invalidation(key));
    }
    CHECK(reader.call({"CLIENT", "CACHING", "YES"}).text == "OK");
    reader.call({"MULTI"});
    reader.call({"GET", "in a transaction"});
    reader.call({"EXEC"});
    writer.call({"SET", "in a transaction", "1"});
    CHECK(reader.receive().to_string() == invalidation("in a transaction"));
  }
  SUBCASE("unless it opts out") {
    RespClient reader = tracking(served.proxy, {"OPTOUT"});
    reader.call({"CLIENT", "CACHING", "NO"});
    reader.call({"GET", "unseen"});
    reader.call({"GET", "seen"});
    writer.call({"SET", "unseen", "1"});
    writer.call({"SET", "seen", "1"});
    CHECK(reader.receive().to_string() == invalidation("seen"));
  }
  SUBCASE("also of what it has watched, or waited for") {
    RespClient reader = tracking(served.proxy);
    reader.call({"WATCH", "{k}watched"});
    reader.call({"MULTI"});
    reader.call({"GET", "{k}watched"});
    CHECK(reader.call({"EXEC"}).items.size() == 1);
    writer.call({"SET", "{k}watched", "1"});
    CHECK(reader.receive().to_string() == invalidation("{k}watched"));
    reader.request({"XREAD", "BLOCK", "0", "STREAMS", "stream", "$"});
    CHECK(served.proxy.metric_reaches(1, "slotway_shard_in_flight_requests"));
    writer.call({"XADD", "stream", "*", "f", "v"});
    // The reply and the message, in whatever order the shard has them.
    const std::string first = reader.receive().to_string();
    const std::string second = reader.receive().to_string();
    CHECK((first == invalidation("stream") || second == invalidation("stream")));
  }
}

TEST_CASE("a message does not overtake the reply that it makes old") {
  RedisShards shards;
  const ProxyProcess proxy({.shards = shards.entries(), .workers = 1});
  RespClient reader = tracking(proxy);
  const std::string slow = key_of_shard(0);
  const std::string quick = key_of_shard(1);
  reader.call({"GET", slow});
  shards.servers[0].suspend();
  reader.send(encode_request({"GET", slow}) + encode_request({"GET", quick}) +
              encode_request({"MGET", slow, quick}));
  RespClient direct(shards.servers[1].port());
  // Once the quick shard has answered both, its key changes there.
  CHECK(eventually([&] {
    return direct.call({"INFO", "commandstats"}).text.find("cmdstat_mget:calls=1") !=
           std::string::npos;
  }));
  direct.call({"SET", quick, "new"});
  CHECK(reader.silent_for(milliseconds(100)));
  shards.servers[0].resume();
  CHECK(reader.receive().null);
  CHECK(reader.receive().null);
  CHECK(reader.receive().items.size() == 2);
  CHECK(reader.receive().to_string() == invalidation(quick));
}

TEST_CASE("messages that wait for replies count among what a client may have unread") {
  RedisShards shards;
  const ProxyProcess proxy(
      {.shards = shards.entries(),
       .pool = {"limits: { output_buffer: 256KiB }", "timeouts: { request: 60s, stall: 120s }"},
       .workers = 1});
  RespClient reader = tracking(proxy, {"BCAST"});
  const std::string quick = key_of_shard(1);
  shards.servers[0].suspend();
  reader.send(encode_request({"GET", key_of_shard(0)}) + encode_request({"GET", quick}));
  RespClient direct(shards.servers[1].port());
  CHECK(eventually([&] {
    return direct.call({"INFO", "commandstats"}).text.find("cmdstat_get:calls=1") !=
           std::string::npos;
  }));
  for (int i = 0; i < 400; ++i) {
    direct.call({"SET", std::to_string(i) + std::string(10'000, 'x'), ""});
  }
  CHECK(reader.closed());
  shards.servers[0].resume();
}

TEST_CASE("messages are redirected to another client, of either protocol and any worker") {
  Served<RedisShards> served;
  for (const int version : {2, 3}) {
    CAPTURE(version);
    RespClient target(served.proxy.port(), version);
    const std::string id = std::to_string(target.call({"CLIENT", "ID"}).integer());
    if (version == 2) {
      target.request({"SUBSCRIBE", "__redis__:invalidate"});
      target.receive();
    }
    for (const int own : {2, 3}) {
      CAPTURE(own);
      RespClient writer = served.proxy.client();
      RespClient reader = tracking(served.proxy, {"REDIRECT", id}, own);
      CHECK(std::to_string(reader.call({"CLIENT", "GETREDIR"}).integer()) == id);
      for (const std::string& key : two_keys_each()) {
        reader.call({"GET", key});
        writer.call({"SET", key, "1"});
        const std::string message = target.receive().to_string();
        CHECK(message == (version == 3 ? invalidation(key)
                                       : "*3[$message $__redis__:invalidate *1[$" + key + "]]"));
      }
      // It changes over to the other protocol, and is told on of what it has read.
      reader.call({"GET", "kept"});
      reader.call({"HELLO", own == 2 ? "3" : "2"});
      CHECK(reader.call({"GET", "{x}nosuch"}).type == (own == 2 ? '_' : '$'));
      writer.call({"SET", "kept", "1"});
      CHECK(target.receive().items.back().items[0].text == "kept");
    }
  }
}

TEST_CASE("a client is told that the one it redirects to is gone") {
  Served<RedisShards> served;
  RespClient writer = served.proxy.client();
  auto target = std::make_unique<RespClient>(served.proxy.port(), 3);
  const std::string id = std::to_string(target->call({"CLIENT", "ID"}).integer());
  RespClient reader = tracking(served.proxy, {"REDIRECT", id});
  reader.call({"GET", "key"});
  target.reset();
  CHECK(eventually([&] {
    return writer.call({"CLIENT", "LIST"}).text.find("id=" + id + " ") == std::string::npos;
  }));
  writer.call({"SET", "key", "1"});
  CHECK(reader.receive().to_string() == ">2[$tracking-redir-broken :" + id + "]");
  CHECK(reader.call({"CLIENT", "TRACKINGINFO"}).to_string().find("broken_redirect") !=
        std::string::npos);
}

TEST_CASE("a client whose shard is lost, or whose slots move, begins anew") {
  RedisShards shards;
  ProxyOptions options{.shards = shards.entries(), .workers = 2};
  ProxyProcess proxy(options);
  RespClient bystander(proxy.port(), 3);
  RespClient reader = tracking(proxy);
  RespClient shard(shards.servers[1].port());
  SUBCASE("lost") { shards.servers[1].kill(); }
  SUBCASE("moved") {
    std::swap(options.shards[0].slots, options.shards[1].slots);
    REQUIRE(proxy.reload(options));
  }
  CHECK(reader.closed());
  CHECK(bystander.call({"PING"}).text == "PONG");
}

TEST_CASE("connections of tracking are bounded, and given back") {
  Served<RedisShards> served({"limits: { pinned_connections: 2 }"});
  const double before = served.proxy.metric("slotway_shard_connections");
  for (int round = 0; round < 3; ++round) {
    // Those of the last round may not have gone yet.
    REQUIRE(eventually([&] { return served.proxy.metric("slotway_client_connections") == 0; }));
    std::vector<RespClient> readers;
    // Four workers, and two on each at most.
    for (int i = 0; i < 8; ++i) {
      readers.emplace_back(served.proxy.port(), 3);
      // Nor their connections.
      REQUIRE(eventually([&] {
        return readers.back().call({"CLIENT", "TRACKING", "ON"}).text == "OK";
      }));
    }
    RespClient one_more(served.proxy.port(), 3);
    CHECK(one_more.call({"CLIENT", "TRACKING", "ON"}).text.find("pinned_connections") !=
          std::string::npos);
    CHECK(one_more.call({"CLIENT", "TRACKINGINFO"}).find("flags")->items[0].text == "off");
    CHECK(readers[0].call({"CLIENT", "TRACKING", "OFF"}).text == "OK");
    CHECK(readers[0].call({"GET", "key"}).null);
  }
  // What is left is a lane of RESP3 to the shard of the key, of each worker.
  CHECK(eventually([&] { return served.proxy.metric("slotway_shard_connections") <= before + 4; }));
}

TEST_CASE("RESET takes nothing from the commands in front of it, nor does TRACKING OFF") {
  Served<RedisShards> served;
  for (const Command& end : {Command{"RESET"}, Command{"CLIENT", "TRACKING", "OFF"}}) {
    for (int i = 0; i < 20; ++i) {
      RespClient client = tracking(served.proxy, {}, 2);
      const auto replies =
          client.exchange(encode_request({"SET", "k", "1"}) + encode_request({"GET", "k"}) +
                              encode_request(end) + encode_request({"GET", "k"}),
                          4);
      REQUIRE(replies == std::vector<std::string>{"+OK\r\n", "$1\r\n1\r\n",
                                                  end.size() == 1 ? "+RESET\r\n" : "+OK\r\n",
                                                  "$1\r\n1\r\n"});
    }
  }
}

TEST_CASE("what comes behind the end of tracking does not overtake what timed out") {
  RedisServer redis;
  const ProxyProcess proxy({.shards = {{"a", redis.address()}},
                            .pool = {"timeouts: { request: 300ms, stall: 20s }"},
                            .workers = 1});
  Command set = {"MSET", "k", "first"};
  // The server takes several turns to read it.
  for (int i = 0; i < 50; ++i) {
    set.insert(set.end(), {"other" + std::to_string(i), std::string(20'000, 'x')});
  }
  for (const Command& end : {Command{"RESET"}, Command{"CLIENT", "TRACKING", "OFF"}}) {
    RespClient client = tracking(proxy, {}, 2);
    redis.suspend();
    CHECK(client.call(set).text.find("no reply within") != std::string::npos);
    client.send(encode_request(end) + encode_request({"SET", "k", "second"}));
    client.silent_for(milliseconds(100));  // the end alone may be answered
    redis.resume();
    client.receive();
    CHECK(client.receive().text == "OK");
    RespClient other = proxy.client();
    CHECK(eventually([&] { return other.call({"EXISTS", "other49"}).integer() == 1; }));
    CHECK(other.call({"GET", "k"}).text == "second");
    CHECK(other.call({"FLUSHALL"}).text == "OK");
  }
}

TEST_CASE("a client that tracks begins anew when a shard comes for slots that nobody had") {
  RedisShards shards;
  ProxyOptions options{.shards = shards.entries(), .pool = {"allow_gaps: true"}, .workers = 1};
  const ShardEntry last = options.shards.back();
  options.shards.pop_back();
  ProxyProcess proxy(options);
  RespClient bystander(proxy.port(), 3);
  RespClient reader = tracking(proxy);
  options.shards.push_back(last);
  REQUIRE(proxy.reload(options));
  CHECK(reader.closed());
  CHECK(bystander.call({"GET", key_of_shard(2)}).null);
  RespClient again = tracking(proxy);
  CHECK(again.call({"GET", key_of_shard(2)}).null);
  CHECK(bystander.call({"SET", key_of_shard(2), "1"}).text == "OK");
  CHECK(again.receive().to_string() == invalidation(key_of_shard(2)));
}

TEST_CASE("options that are refused change nothing of what is tracked") {
  Served<RedisShards> served;
  RespClient writer = served.proxy.client();
  RespClient reader = tracking(served.proxy);
  CHECK(reader.call({"CLIENT", "TRACKING", "ON", "OPTIN", "REDIRECT", "999999"}).is_error());
  for (const std::string& key : two_keys_each()) {
    CHECK(reader.call({"GET", key}).null);
    writer.call({"SET", key, "1"});
    CHECK(reader.receive().to_string() == invalidation(key));
  }
}

TEST_CASE("a connection that is lost before tracking is on does not count as one") {
  RedisShards shards;
  const ProxyProcess proxy({.shards = shards.entries(), .workers = 1});
  RespClient reader(proxy.port(), 3);
  RespClient direct(shards.servers[1].port());
  shards.servers[0].suspend();
  reader.request({"CLIENT", "TRACKING", "ON"});
  std::string id;
  CHECK(eventually([&] {
    const std::string list = direct.call({"CLIENT", "LIST"}).text;
    const size_t flags = list.find(" flags=t ");
    if (flags == std::string::npos) return false;
    const size_t begin = list.rfind("id=", list.rfind(" addr=", flags)) + 3;
    id = list.substr(begin, list.find(' ', begin) - begin);
    return true;
  }));
  CHECK(direct.call({"CLIENT", "KILL", "ID", id}).integer() == 1);
  CHECK(proxy.metric_reaches(1, "slotway_shard_reconnects_total", "shard=\"b\""));
  shards.servers[0].resume();
  CHECK(reader.receive().is_error());
  CHECK(reader.call({"CLIENT", "GETREDIR"}).integer() == -1);
  CHECK(eventually([&] { return reader.call({"CLIENT", "TRACKING", "ON"}).text == "OK"; }));
}

TEST_CASE("messages are not redirected to another pool's client") {
  const uint16_t ports[] = {free_port(), free_port()};
  RedisServer shards[2];
  std::string yaml = "admin: off\nworkers: 2\npools:\n";
  for (size_t i = 0; i < 2; ++i) {
    yaml += "  p" + std::to_string(i) + ":\n    listen: 127.0.0.1:" + std::to_string(ports[i]) +
            "\n    shards: { a: { primary: \"" + shards[i].address() + "\" } }\n";
  }
  const TempDir directory;
  Process proxy({SLOTWAY_PATH, "--config", directory.write("slotway.yaml", yaml)});
  REQUIRE(proxy.wait_for_output("serves"));
  RespClient guarded(ports[0], 3);
  RespClient other(ports[1], 3);
  const std::string id = std::to_string(guarded.call({"CLIENT", "ID"}).integer());
  CHECK(other.call({"CLIENT", "TRACKING", "ON", "REDIRECT", id}).text ==
        "ERR The client ID you want redirect to does not exist");
  RespClient same(ports[0], 3);
  CHECK(same.call({"CLIENT", "TRACKING", "ON", "REDIRECT", id}).text == "OK");
  proxy.signal(SIGTERM);
  CHECK(proxy.wait_exit() == 0);
}

TEST_CASE("a shard that knows no tracking refuses it for the whole") {
  const RedisServer knows;
  const RedisServer does_not({"--rename-command", "CLIENT", ""});
  const ProxyProcess proxy({.shards = {{"a", knows.address()}, {"b", does_not.address()}}});
  RespClient client = proxy.client();
  CHECK(client.call({"CLIENT", "TRACKING", "ON"}).is_error());
  CHECK(client.call({"SET", "key", "value"}).text == "OK");
  CHECK(client.call({"GET", "key"}).text == "value");
}

}  // namespace slotway::tests
