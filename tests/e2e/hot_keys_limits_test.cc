// Limits of how often a key may be asked for.

#include <algorithm>
#include <chrono>

#include "tests/e2e/conversation.h"
#include "tests/e2e/hot_keys.h"

namespace slotway::tests {

namespace {

const std::string kOver = "ERR hot key rate limit";

std::string rules(const std::string& text) {
  return "hot_keys: { detect: true, rules: [ " + text + " ] }";
}

double refused(const ProxyProcess& proxy, const std::string& reason) {
  return proxy.metric("slotway_hot_key_refused_total", "reason=\"" + reason + "\"");
}

// Sent at once, they all come at one time of the proxy's clock.
std::vector<RespValue> at_once(RespClient& client, const std::vector<Command>& commands) {
  std::string bytes;
  for (const Command& command : commands) bytes += encode_request(command);
  client.send(bytes);
  std::vector<RespValue> replies;
  for (size_t i = 0; i < commands.size(); ++i) replies.push_back(client.receive());
  return replies;
}

}  // namespace

TEST_CASE("hot keys limits: a key over its limit is refused and its shard not asked") {
  Cached cached(1, {rules("{ match: \"lock:*\", cache: never, write_limit: 1/s }")});
  RespClient client = cached.proxy.client();
  const auto replies = at_once(client, {{"SET", "lock:a", "1"},
                                        {"SET", "lock:a", "2"},
                                        {"INCR", "lock:a"},
                                        {"GET", "lock:a"},
                                        {"SET", "lock:b", "3"},
                                        {"SET", "other", "4"},
                                        {"SET", "other", "5"}});
  CHECK(replies[0].text == "OK");
  CHECK(replies[1].text == kOver);
  CHECK(replies[1].type == '-');
  CHECK(replies[2].text == kOver);
  CHECK(replies[3].text == "1");
  CHECK(replies[4].text == "OK");
  CHECK(replies[5].text == "OK");
  CHECK(replies[6].text == "OK");
  CHECK(cached.calls("set") == 4);
  CHECK(cached.calls("incr") == 0);
  CHECK(refused(cached.proxy, "write_limit") == 2);
  CHECK(refused(cached.proxy, "read_limit") == 0);
  CHECK(eventually([&] { return client.call({"SET", "lock:a", "6"}).text == "OK"; }));
}

TEST_CASE("hot keys limits: all workers together let no more through than one would") {
  Cached cached(4, {rules("{ match: \"k\", cache: never, read_limit: 200/s }")});
  std::vector<RespClient> clients = clients_of(cached.proxy);
  const auto begin = std::chrono::steady_clock::now();
  double let_through = 0;
  double over = 0;
  while (over < 20'000) {
    for (RespClient& client : clients) {
      std::string bytes;
      for (int i = 0; i < 20; ++i) bytes += encode_request({"GET", "k"});
      client.send(bytes);
    }
    for (RespClient& client : clients) {
      for (int i = 0; i < 20; ++i) ++(client.receive().null ? let_through : over);
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  CAPTURE(took.count());
  CHECK(let_through >= 20);
  CHECK(let_through <= 20 + 200 * took.count() * 1.02 + 2);
  CHECK(cached.calls("get") == let_through);
  CHECK(refused(cached.proxy, "read_limit") == over);
}

TEST_CASE("hot keys limits: of several keys each counts, and a refusal uses up none") {
  std::vector<RedisServer> shards(2);
  const std::string a = key_of_shard(0);
  const std::string b = key_of_shard(2);
  const ProxyProcess proxy(
      {.shards = {{"a", shards[0].address(), "0-5460"}, {"b", shards[1].address(), "5461-16383"}},
       .pool = {rules("{ match: \"*\", cache: never, read_limit: 1/s, "
                      "write_limit: 1/s }")},
       .workers = 1});
  RespClient client = proxy.client();
  const auto replies = at_once(client, {{"MSET", a, "1"},
                                        {"MSET", b, "2", a, "2"},
                                        {"MSET", b, "3"},
                                        {"DEL", a, b},
                                        {"GET", a},
                                        {"MGET", b, a},
                                        {"MGET", b, b},
                                        {"STRLEN", b}});
  CHECK(replies[0].text == "OK");
  CHECK(replies[1].text == kOver);
  CHECK(replies[2].text == "OK");
  CHECK(replies[3].text == kOver);
  CHECK(replies[4].text == "1");
  CHECK(replies[5].text == kOver);
  CHECK(replies[6].text == kOver);  // the key twice is two of it
  CHECK(eventually([&] { return client.call({"MGET", a, b}).to_string() == "*2[$1 $3]"; }));
}

TEST_CASE("hot keys limits: behind MULTI the command is refused, and EXEC aborts") {
  Cached cached(1, {rules("{ match: \"lock:*\", cache: never, write_limit: 1/s }")});
  RespClient client = cached.proxy.client();
  const auto replies = at_once(client, {{"MULTI"},
                                        {"SET", "lock:a", "1"},
                                        {"GET", "lock:a"},
                                        {"SET", "lock:a", "2"},
                                        {"EXEC"},
                                        {"GET", "lock:a"},
                                        {"MULTI"},
                                        {"SET", "lock:b", "1"},
                                        {"EXEC"}});
  CHECK(replies[1].text == "QUEUED");
  CHECK(replies[2].text == "QUEUED");
  CHECK(replies[3].text == kOver);
  CHECK(replies[4].text == "EXECABORT Transaction discarded because of previous errors.");
  CHECK(replies[5].null);
  CHECK(replies[8].to_string() == "*1[+OK]");
}

TEST_CASE("hot keys limits: commands that may block count as all others do") {
  Cached cached(1, {rules("{ match: \"*\", cache: never, read_limit: 1/s, write_limit: 1/s }")});
  RespClient direct = cached.direct();
  direct.call({"RPUSH", "l", "1", "2", "3"});
  direct.call({"RPUSH", "m", "1", "2", "3"});
  direct.call({"XADD", "s", "1-1", "a", "b"});
  RespClient client = cached.proxy.client();
  const auto replies = at_once(client, {{"BLPOP", "l", "0"},
                                        {"BLPOP", "l", "0"},
                                        {"BLMOVE", "m", "l", "LEFT", "LEFT", "0"},
                                        {"LPOP", "m"},
                                        {"XREAD", "BLOCK", "0", "STREAMS", "s", "0"},
                                        {"XREAD", "BLOCK", "0", "STREAMS", "s", "0"},
                                        {"XLEN", "s"}});
  CHECK(replies[0].to_string() == "*2[$l $1]");
  CHECK(replies[1].text == kOver);
  CHECK(replies[2].text == kOver);
  CHECK(replies[3].text == "1");
  CHECK(replies[4].type == '*');
  CHECK(replies[5].text == kOver);
  CHECK(replies[6].text == kOver);
  CHECK(cached.calls("blpop") == 1);
  CHECK(cached.calls("blmove") == 0);
}

TEST_CASE("hot keys limits: scripts count for the keys that they declare") {
  Cached cached(1, {rules("{ match: \"*\", cache: never, read_limit: 1/s, write_limit: 1/s }")});
  RespClient client = cached.proxy.client();
  const auto replies = at_once(client, {{"EVAL", "return 1", "1", "k"},
                                        {"EVAL", "return 2", "2", "l", "k"},
                                        {"EVAL_RO", "return 3", "1", "k"},
                                        {"EVAL_RO", "return 4", "1", "k"},
                                        {"EVAL", "return 5", "0"},
                                        {"EVAL", "return 6", "0"},
                                        {"EVAL", "return 7", "1", "l"}});
  CHECK(replies[0].integer() == 1);
  CHECK(replies[1].text == kOver);
  CHECK(replies[2].integer() == 3);
  CHECK(replies[3].text == kOver);
  CHECK(replies[4].integer() == 5);
  CHECK(replies[5].integer() == 6);
  CHECK(replies[6].integer() == 7);
}

TEST_CASE("hot keys limits: what the cache answers does not count") {
  Cached cached(1, {rules("{ match: \"*\", cache: always, read_limit: 10/s }")});
  cached.direct().call({"SET", "k", "v"});
  RespClient client = cached.proxy.client();
  const std::vector<Command> reads(100, {"GET", "k"});
  CHECK(eventually([&] {
    for (const RespValue& reply : at_once(client, reads)) {
      if (reply.text != "v") return false;
    }
    return true;
  }));
  CHECK(refused(cached.proxy, "read_limit") > 0);
  CHECK(cached.calls("get") < 100);
  // Nor is a miss for free: this one follows a write.
  const double before = refused(cached.proxy, "read_limit");
  CHECK(eventually([&] {
    at_once(client, {{"SET", "k", "v"}, {"GET", "k"}, {"SET", "k", "v"}, {"GET", "k"}});
    return refused(cached.proxy, "read_limit") > before;
  }));
}

TEST_CASE("hot keys limits: they come and go with a reload") {
  Cached cached(2);
  const auto reload = [&](const std::string& pool) {
    return cached.proxy.reload(
        {.shards = {{"a", cached.shard.address()}}, .pool = {pool}, .workers = 2});
  };
  RespClient client = cached.proxy.client();
  const std::vector<Command> writes(50, {"SET", "k", "v"});
  const auto passed = [&] {
    return std::ranges::count_if(at_once(client, writes),
                                 [](const RespValue& reply) { return reply.text == "OK"; });
  };
  CHECK(passed() == 50);
  CHECK(reload(rules("{ match: k, write_limit: 1/s }")));
  CHECK(passed() == 1);
  CHECK(reload(rules("{ match: other, write_limit: 1/s }, { match: \"*\" }")));
  CHECK(passed() == 50);
  CHECK(reload("hot_keys: { detect: false, rules: [ { match: k, write_limit: 1/s } ] }"));
  CHECK(passed() == 50);
}

}  // namespace slotway::tests
