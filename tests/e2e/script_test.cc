// Scripts and functions over several shards: as with one redis-server.

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/conversation.h"
#include "tests/e2e/shards.h"
#include "tests/support/http.h"

namespace slotway::tests {

namespace {

const std::string kLoop = "while true do end";
// Goes on for two seconds.
const std::string kWriteAndLoop =
    "redis.call('SET', KEYS[1], 'x') local till = redis.call('TIME')[1] + 2 "
    "while redis.call('TIME')[1] + 0 < till do end return 'done'";

std::string digest_of(const std::string& script) {
  static RedisServer redis;
  return RespClient(redis.port()).call({"SCRIPT", "LOAD", script}).text;
}

// What no test may come close to, and a low threshold for -BUSY.
struct SlowScripts {
  SlowScripts() {
    for (const RedisServer& server : served.shards.servers) {
      RespClient(server.port()).call({"CONFIG", "SET", "busy-reply-threshold", "50"});
    }
  }
  Served<RedisShards> served{{"timeouts: { request: 60s, stall: 60s }"}};
};

bool becomes_busy(const ProxyProcess& proxy) {
  return proxy.metric_reaches(1, "slotway_shard_breakers_open");
}

std::vector<Command> scripts_conversation() {
  const std::string script = "return {KEYS[1], ARGV[1]}";
  const std::string digest = digest_of(script);
  const std::string upper = [&] {
    std::string text = digest;
    std::ranges::transform(text, text.begin(), [](char c) { return std::toupper(c); });
    return text;
  }();
  const std::string other = digest_of("return 'other'");
  return {
      {"EVALSHA", digest, "1", "a", "x"},
      {"SCRIPT", "EXISTS", digest, other},
      {"EVAL", script, "1", "a", "x"},
      {"EVALSHA", digest, "1", "a", "x"},
      {"EVALSHA", digest, "1", "b", "x"},
      {"EVALSHA", upper, "1", "c", "x"},
      {"EVALSHA_RO", digest, "1", "d", "x"},
      {"EVALSHA", digest, "0"},
      {"SCRIPT", "EXISTS", digest, other, "nonsense"},
      {"SCRIPT", "EXISTS"},
      {"SCRIPT", "LOAD", "return 'other'"},
      {"SCRIPT", "EXISTS", digest, other},
      {"EVALSHA", other, "1", "c"},
      {"SCRIPT", "LOAD", "not a script"},
      {"EVAL", "not a script", "1", "a"},
      {"SCRIPT", "EXISTS", digest_of("return 'other'")},
      {"SCRIPT", "FLUSH", "nonsense"},
      {"EVALSHA", digest, "1", "a", "x"},
      {"MULTI"},
      {"EVALSHA", digest, "1", "a", "x"},
      {"EVAL", "return 'in multi'", "0"},
      {"EVALSHA", std::string(40, '0'), "0"},
      {"EXEC"},
      {"EVALSHA", digest_of("return 'in multi'"), "1", "c"},
      {"SCRIPT", "FLUSH", "SYNC"},
      {"EVALSHA", digest, "1", "a", "x"},
      {"EVALSHA", digest, "1", "b", "x"},
      {"SCRIPT", "EXISTS", digest, other},
      {"EVAL", script, "1", "b", "x"},
      {"SCRIPT", "FLUSH"},
      {"EVAL", script, "1", "c", "x"},
      {"EVALSHA", digest, "1", "a", "x"},
      {"EVALSHA", "short", "0"},
      {"EVAL", "return 1", "-1"},
      {"EVAL", "return 1", "2", "a"},
      {"EVAL", "return 1", "many"},
      {"FCALL", "f", "many"},
      {"SCRIPT", "KILL"},
      {"FUNCTION", "KILL"},
  };
}

const std::string kLibrary =
    "#!lua name=lib\n"
    "redis.register_function{function_name='get', callback=function(keys) "
    "return redis.call('GET', keys[1]) end, flags={'no-writes'}}\n"
    "redis.register_function('set', function(keys, args) "
    "return redis.call('SET', keys[1], args[1]) end)\n"
    "redis.register_function('loop', function() while true do end end)";

// The functions of a library are listed in random order.
const std::string kSmallLibrary =
    "#!lua name=small\nredis.register_function('one', function() return 1 end)";

const std::vector<Command> kFunctions = {
    {"FUNCTION", "STATS"},
    {"FUNCTION", "LIST"},
    {"FUNCTION", "LOAD", kLibrary},
    {"FUNCTION", "LOAD", kLibrary},
    {"FUNCTION", "LOAD", "#!lua name=bad\nnot a library"},
    {"FUNCTION", "LOAD", "no library"},
    {"FUNCTION", "LOAD", "REPLACE", kLibrary},
    {"FCALL", "set", "1", "a", "1"},
    {"FCALL", "set", "1", "b", "2"},
    {"FCALL", "set", "1", "c", "3"},
    {"FCALL_RO", "get", "1", "a"},
    {"FCALL_RO", "get", "1", "b"},
    {"FCALL_RO", "get", "1", "c"},
    {"FCALL_RO", "set", "1", "c", "4"},
    {"FUNCTION", "STATS"},
    {"FUNCTION", "LOAD", kSmallLibrary},
    {"FUNCTION", "LIST", "LIBRARYNAME", "small", "WITHCODE"},
    {"FUNCTION", "LIST", "nonsense"},
    {"FUNCTION", "DELETE", "small"},
    {"FUNCTION", "DUMP"},
    {"FUNCTION", "RESTORE", "nonsense"},
    {"FUNCTION", "DELETE", "lib"},
    {"FUNCTION", "DELETE", "lib"},
    {"FCALL", "get", "1", "a"},
    {"FUNCTION", "LOAD", kLibrary},
    {"FUNCTION", "FLUSH", "nonsense"},
    {"FUNCTION", "FLUSH", "ASYNC"},
    {"FUNCTION", "STATS"},
};

}  // namespace

TEST_CASE("scripts and functions are answered as by redis-server, byte for byte") {
  check_as_one_redis(scripts_conversation());
  check_as_one_redis(kFunctions);
}

TEST_CASE("FUNCTION STATS keeps its place among the commands of its session") {
  for (int i = 0; i < 5; ++i) {
    Served<RedisShards> served;  // each time on connections that are still to be made
    RespClient client = served.proxy.client();
    const std::string stats = encode_request({"FUNCTION", "STATS"});
    const auto replies =
        client.exchange(stats + encode_request({"FUNCTION", "LOAD", kSmallLibrary}) + stats, 3);
    CHECK(replies[0].find("libraries_count\r\n:0") != std::string::npos);
    CHECK(replies[2].find("libraries_count\r\n:1") != std::string::npos);
  }
}

TEST_CASE("over one shard scripts may be managed behind MULTI as well") {
  RedisServer redis;
  RedisServer shard;
  ProxyProcess proxy({.shards = {{"a", shard.address()}}});
  const std::string digest = digest_of("return 1");
  const std::vector<Command> commands = {
      {"MULTI"},
      {"SCRIPT", "LOAD", "return 1"},
      {"SCRIPT", "EXISTS", digest},
      {"EVALSHA", digest, "0"},
      {"FUNCTION", "LOAD", kSmallLibrary},
      {"FUNCTION", "LIST"},
      {"FUNCTION", "STATS"},
      {"EXEC"},
      {"EVALSHA", digest, "0"},
      {"MULTI"},
      {"SCRIPT", "FLUSH"},
      {"EXEC"},
      {"EVALSHA", digest, "0"},
      {"SCRIPT", "EXISTS", digest},
  };
  CHECK(conversation(proxy.port(), commands) == conversation(redis.port(), commands));
}

TEST_CASE("a script that one client has brought is known at every shard and worker") {
  for (const Command& bring : std::vector<Command>{{"SCRIPT", "LOAD", "return KEYS[1]"},
                                                   {"EVAL", "return KEYS[1]", "1", "a"}}) {
    CAPTURE(bring.front());
    RedisShards shards;
    ProxyProcess proxy({.shards = shards.entries(), .workers = 2});
    const std::string digest = digest_of("return KEYS[1]");
    RespClient bringing = proxy.client();
    CHECK_FALSE(bringing.call(bring).is_error());
    for (int i = 0; i < 4; ++i) {  // so that each worker has two
      RespClient client(proxy.port(), 2 + i / 2);
      for (const std::string& key : two_keys_each()) {
        CHECK(client.call({"EVALSHA", digest, "1", key}).text == key);
        CHECK(client.call({"EVALSHA_RO", digest, "1", key}).text == key);
      }
      CHECK(client.call({"SELECT", "5"}).text == "OK");
      CHECK(client.call({"EVALSHA", digest, "1", key_of_shard(1)}).text == key_of_shard(1));
    }
  }
}

TEST_CASE("a shard that has lost its scripts by a restart is given them again, unseen") {
  RedisShards shards;
  ProxyProcess proxy({.shards = shards.entries(), .workers = 2});
  const std::string script = "return redis.call('APPEND', KEYS[1], ARGV[1])";
  std::vector<RespClient> clients;
  for (int i = 0; i < 4; ++i) clients.push_back(proxy.client());
  const std::string digest = clients.front().call({"SCRIPT", "LOAD", script}).text;
  for (RespClient& client : clients) {
    for (const std::string& key : two_keys_each()) {
      CHECK_FALSE(client.call({"EVALSHA", digest, "1", key, "x"}).is_error());
    }
  }
  for (RedisServer& server : shards.servers) server.kill();
  // Readiness is looked at every tick: it must have seen the loss before its answer means anything.
  REQUIRE(eventually([&] { return http_get(proxy.admin_port(), "/readyz").status == 503; }));
  for (RedisServer& server : shards.servers) server.start();
  REQUIRE(proxy.all_shards_connected());
  for (size_t i = 0; i < clients.size(); ++i) {
    for (const std::string& key : two_keys_each()) {
      const std::string own = "{" + key + "}" + std::to_string(i);
      const auto replies = clients[i].exchange(
          encode_request({"SET", own, "a"}) + encode_request({"EVALSHA", digest, "1", own, "b"}) +
              encode_request({"APPEND", own, "c"}) +
              encode_request({"EVALSHA", digest, "1", own, "d"}) + encode_request({"GET", own}),
          5);
      CHECK(replies.back() == "$4\r\nabcd\r\n");
      clients[i].call({"MULTI"});
      clients[i].call({"EVALSHA", digest, "1", own, "e"});
      CHECK(clients[i].call({"EXEC"}).to_string() == "*1[:5]");
    }
  }
}

TEST_CASE("a script that a shard was made to forget is loaded and called once") {
  RedisShards shards;
  ProxyProcess proxy({.shards = shards.entries(), .workers = 2});
  const auto forget = [&] {
    for (RedisServer& server : shards.servers) {
      CHECK(RespClient(server.port()).call({"SCRIPT", "FLUSH"}).text == "OK");
    }
  };
  const std::string script = "return redis.call('APPEND', KEYS[1], ARGV[1])";
  RespClient client = proxy.client();
  RespClient other = proxy.client();
  const std::string digest = client.call({"SCRIPT", "LOAD", script}).text;
  const std::string long_value(300'000, 'x');
  for (const std::string& key : two_keys_each()) {
    CHECK(client.call({"EVALSHA", digest, "1", key, "a"}).integer() == 1);
    CHECK(other.call({"EVALSHA", digest, "1", key, "b"}).integer() == 2);
    forget();
    CHECK(client.call({"EVALSHA", digest, "1", key, "c"}).integer() == 3);
    CHECK(other.call({"EVALSHA", digest, "1", key, "d"}).integer() == 4);
    forget();
    client.send("EVALSHA " + digest + " 1 " + key + " e\r\n");
    CHECK(client.receive().integer() == 5);
    forget();
    CHECK(client.call({"EVALSHA", digest, "1", key, long_value}).integer() == 300'005);
    CHECK(client.call({"DEL", key}).integer() == 1);

    // Nothing comes before what was sent in front of it: what the call cannot do any more in its
    // turn it does not do at all.
    forget();
    const auto replies =
        client.exchange(encode_request({"EVALSHA", digest, "1", key, "a"}) +
                            encode_request({"APPEND", key, "b"}) + encode_request({"GET", key}),
                        3);
    if (replies.front().starts_with("-NOSCRIPT")) {
      CHECK(replies.back() == "$1\r\nb\r\n");
    } else {
      CHECK(replies.back() == "$2\r\nab\r\n");
    }
    CHECK(client.call({"DEL", key}).integer() == 1);
  }
  // In the database of the session, whatever others have asked for meanwhile.
  RespClient elsewhere = proxy.client();
  const std::string key = key_of_shard(0, 7);
  CHECK(client.call({"SELECT", "3"}).text == "OK");
  CHECK(elsewhere.call({"SELECT", "4"}).text == "OK");
  for (int i = 1; i <= 50; ++i) {
    CHECK_FALSE(client.call({"GET", "none"}).is_error());
    forget();
    client.request({"EVALSHA", digest, "1", key, "x"});
    elsewhere.request({"GET", key});
    CHECK(client.receive().integer() == i);
    CHECK(elsewhere.receive().null);
  }
  CHECK(client.call({"SELECT", "0"}).text == "OK");
  // Nobody waits for that any more.
  forget();
  for (int i = 0; i < 20; ++i) {
    RespClient gone = proxy.client();
    gone.request({"EVALSHA", digest, "1", key_of_shard(0), "x"});
  }
  CHECK_FALSE(client.call({"EVALSHA", digest, "1", key_of_shard(0), "x"}).is_error());
}

TEST_CASE("what the proxy has not seen is a matter between client and shard") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  const std::string digest = digest_of("return 'behind its back'");
  CHECK(client.call({"EVALSHA", digest, "1", "a"}).text ==
        "NOSCRIPT No matching script. Please use EVAL.");
  for (const RedisServer& server : served.shards.servers) {
    RespClient(server.port()).call({"SCRIPT", "LOAD", "return 'behind its back'"});
  }
  for (int i = 0; i < 3; ++i) {
    CHECK(client.call({"EVALSHA", digest, "1", "a"}).text == "behind its back");
  }
  CHECK(client.call({"SCRIPT", "EXISTS", digest}).to_string() == "*1[:1]");
  CHECK(RespClient(served.shards.servers[1].port()).call({"SCRIPT", "FLUSH"}).text == "OK");
  CHECK(client.call({"SCRIPT", "EXISTS", digest}).to_string() == "*1[:0]");
  const std::string key = key_of_shard(1);
  CHECK(client.call({"EVALSHA", digest, "1", key}).is_error());
}

TEST_CASE("a library that one shard refuses is refused in its words") {
  Served<RedisShards> served;
  RespClient shard(served.shards.servers[1].port());
  CHECK(shard.call({"FUNCTION", "LOAD", kLibrary}).text == "lib");
  const std::string error = served.proxy.client().call({"FUNCTION", "LOAD", kLibrary}).text;
  CHECK(error ==
        "ERR shard 'b' (" + served.shards.servers[1].address() + "): Library 'lib' already exists");
}

TEST_CASE("a script that does not end is killed, and the shard is busy until then") {
  SlowScripts slow;
  const ProxyProcess& proxy = slow.served.proxy;
  RespClient client = proxy.client();
  const std::string busy_key = key_of_shard(1);
  for (const char* name : {"SCRIPT", "FUNCTION"}) {
    CAPTURE(name);
    const bool is_function = std::string(name) == "FUNCTION";
    if (is_function) CHECK(client.call({"FUNCTION", "LOAD", kLibrary}).text == "lib");
    RespClient running = proxy.client();
    running.request(is_function ? Command{"FCALL", "loop", "1", busy_key}
                                : Command{"EVAL", kLoop, "1", busy_key});
    REQUIRE(becomes_busy(proxy));
    for (int i = 0; i < 8; ++i) {  // on each worker
      RespClient asking(proxy.port(), 2 + i / 4);
      CHECK(asking.call({"GET", busy_key}).text ==
            RespClient(slow.served.shards.servers[1].port()).call({"GET", busy_key}).text);
      CHECK(asking.call({"GET", busy_key}).text.starts_with("BUSY "));
      CHECK(eventually([&] { return asking.call({"PING"}).text.starts_with("BUSY "); }));
      CHECK(asking.call({"SET", key_of_shard(0), "x"}).text == "OK");
      CHECK(asking.call({"EVAL", "return 1", "1", key_of_shard(2)}).integer() == 1);
    }
    const std::string stats = client.call({"FUNCTION", "STATS"}).to_string();
    CAPTURE(stats);
    if (is_function) {
      CHECK(stats.find("$loop ") != std::string::npos);
      CHECK(stats.find("duration_ms") != std::string::npos);
    } else {
      CHECK(stats.find("BUSY ") != std::string::npos);
    }
    // Each kind has its own.
    CHECK(client.call({is_function ? "SCRIPT" : "FUNCTION", "KILL"}).text.starts_with("BUSY "));
    CHECK(client.call({name, "KILL"}).text == "OK");
    CHECK(running.receive().text.find("Script killed by user") != std::string::npos);
    CHECK(eventually([&] { return client.call({"SET", busy_key, "x"}).text == "OK"; }));
    CHECK(client.call({name, "KILL"}).text == "NOTBUSY No scripts in execution right now.");
    for (int i = 0; i < 4; ++i) {  // on each worker
      RespClient asking = proxy.client();
      CHECK(eventually([&] { return asking.call({"PING"}).text == "PONG"; }));
    }
  }
}

TEST_CASE(
    "a script is found out wherever it runs: in another database, behind others, behind MULTI") {
  SlowScripts slow;
  const ProxyProcess& proxy = slow.served.proxy;
  const std::string key = key_of_shard(1);
  RespClient client = proxy.client();
  const std::string loop = encode_request({"EVAL", kLoop, "1", key});
  for (const std::string& before :
       {encode_request({"SELECT", "7"}), encode_request({"SET", key, "x"}),
        encode_request({"WATCH", key}) + encode_request({"GET", key}),
        encode_request({"SET", key, "x"}) + encode_request({"MULTI"})}) {
    CAPTURE(before);
    const bool is_multi = before.find("MULTI") != std::string::npos;
    RespClient running = proxy.client();
    running.send(before + loop + (is_multi ? encode_request({"EXEC"}) : ""));
    REQUIRE(becomes_busy(proxy));
    // What a worker knows may still be of the script before.
    CHECK(eventually([&] { return client.call({"GET", key}).text.starts_with("BUSY "); }));
    CHECK(eventually([&] { return client.call({"SCRIPT", "KILL"}).text == "OK"; }));
    CHECK(eventually([&] { return client.call({"SET", key, "x"}).text == "OK"; }));
    const auto is_over = [&] { return proxy.metric("slotway_shard_breakers_open") == 0; };
    CHECK(eventually(is_over));
    // A worker may only now read what the shard has said while it was busy.
    std::this_thread::sleep_for(milliseconds(50));
    CHECK(eventually(is_over));
  }
}

TEST_CASE("behind MULTI a busy shard takes nothing, and runs no half of a transaction") {
  SlowScripts slow;
  const ProxyProcess& proxy = slow.served.proxy;
  const std::string key = key_of_shard(1);
  RespClient early = proxy.client();
  CHECK(early.call({"MULTI"}).text == "OK");
  CHECK(early.call({"INCR", key}).text == "QUEUED");
  RespClient running = proxy.client();
  running.request({"EVAL", kLoop, "1", key});
  REQUIRE(becomes_busy(proxy));
  RespClient late = proxy.client();
  CHECK(late.call({"MULTI"}).text == "OK");
  CHECK(eventually([&] { return late.call({"INCR", key}).text.starts_with("BUSY "); }));
  const std::string text = early.call({"EXEC"}).text;
  CHECK(text.starts_with("EXECABORT Transaction discarded because of: BUSY "));
  CHECK(proxy.client().call({"SCRIPT", "KILL"}).text == "OK");
  // Each worker finds out by itself that it is over.
  CHECK(eventually([&] { return late.call({"INCR", key}).text == "QUEUED"; }));
  CHECK(late.call({"EXEC"}).text == "EXECABORT Transaction discarded because of previous errors.");
  CHECK(eventually([&] { return early.call({"GET", key}).null; }));
}

TEST_CASE("a script that has written is not killed") {
  SlowScripts slow;
  const ProxyProcess& proxy = slow.served.proxy;
  RespClient client = proxy.client();
  RespClient running = proxy.client();
  running.request({"EVAL", kWriteAndLoop, "1", key_of_shard(2)});
  REQUIRE(becomes_busy(proxy));
  CHECK(client.call({"SCRIPT", "KILL"}).text.starts_with("UNKILLABLE "));
  CHECK(running.receive().text == "done");
  CHECK(eventually([&] { return client.call({"GET", key_of_shard(2)}).text == "x"; }));
}

TEST_CASE("SCRIPT KILL reaches a shard that all have given up") {
  RedisShards shards;
  for (const RedisServer& server : shards.servers) {
    RespClient(server.port()).call({"CONFIG", "SET", "busy-reply-threshold", "50"});
  }
  ProxyProcess proxy({.shards = shards.entries(), .pool = {"timeouts: { request: 200ms }"}});
  RespClient running = proxy.client();
  running.request({"EVAL", kLoop, "1", key_of_shard(0)});
  // The one who asked for it is told no more about it, and asks no more for it.
  CHECK(running.receive().text.find("no reply within") != std::string::npos);
  CHECK(eventually([&] {
    return running.call({"GET", key_of_shard(0)}).text.starts_with("BUSY ");
  }));
  CHECK(running.call({"SCRIPT", "KILL"}).text == "OK");
  CHECK(eventually([&] { return running.call({"SET", key_of_shard(0), "x"}).text == "OK"; }));
}

}  // namespace slotway::tests
