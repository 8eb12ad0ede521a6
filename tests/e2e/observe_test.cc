// Where the time of requests goes: stages in the metrics, the slow log and traces; big keys.

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/api.h"
#include "tests/e2e/conversation.h"
#include "tests/e2e/shards.h"
#include "tests/support/http.h"

namespace slotway::tests {

namespace {

constexpr auto npos = std::string::npos;

// What SLOWLOG GET tells of the command with these arguments.
struct Told {
  std::string shard;
  int64_t request_bytes = 0;
  int64_t reply_bytes = 0;
  int64_t total_us = 0;
  std::map<std::string, int64_t> us;
};

std::optional<Told> told_of(RespClient& client, const Command& command) {
  const RespValue log = client.call({"SLOWLOG", "GET", "-1", "STAGES"});
  for (const RespValue& entry : log.items) {
    Command args;
    for (const RespValue& arg : entry.items.at(3).items) args.push_back(arg.text);
    if (args != command) continue;
    Told told{entry.items.at(6).text,
              entry.items.at(7).integer(),
              entry.items.at(8).integer(),
              entry.items.at(2).integer(),
              {}};
    const std::vector<RespValue>& stages = entry.items.at(9).items;
    for (size_t i = 0; i + 1 < stages.size(); i += 2) {
      told.us[stages[i].text] = stages[i + 1].integer();
    }
    return told;
  }
  return std::nullopt;
}

bool is_hash(const nlohmann::json& key) {
  const auto text = key.get<std::string>();
  return text.size() == 16 && text.find_first_not_of("0123456789abcdef") == npos;
}

// While this lives, the shard answers nobody.
void hold_shard(RespClient& direct, const char* seconds) {
  direct.request({"DEBUG", "SLEEP", seconds});
  CHECK(direct.silent_for(milliseconds(20)));
}

}  // namespace

TEST_CASE("a slow shard is told from who waits behind it") {
  Served<RedisShards> served({}, {"observe: { slow_log: { threshold: 100ms } }"});
  RespClient client = served.proxy.client();
  CHECK(client.call({"SET", key_of_shard(0), "value"}).text == "OK");
  RespClient direct(served.shards.servers[0].port());
  hold_shard(direct, "0.4");
  client.send(encode_request({"GET", key_of_shard(0)}) + encode_request({"GET", key_of_shard(1)}));
  CHECK(client.receive().text == "value");
  CHECK(client.receive().null);
  const auto slow = told_of(client, {"GET", key_of_shard(0)});
  REQUIRE(slow);
  CHECK(slow->shard == "a");
  CHECK(slow->us.at("shard") > 200'000);
  CHECK(slow->us.at("order") < slow->us.at("shard") / 4);
  CHECK(slow->reply_bytes == 11);
  CHECK(slow->request_bytes ==
        static_cast<int64_t>(encode_request({"GET", key_of_shard(0)}).size()));
  int64_t sum = 0;
  for (const auto& [stage, us] : slow->us) sum += us;
  CHECK(std::abs(sum - slow->total_us) <= static_cast<int64_t>(slow->us.size()));
  const auto behind = told_of(client, {"GET", key_of_shard(1)});
  REQUIRE(behind);
  CHECK(behind->shard == "b");
  CHECK(behind->us.at("order") > 200'000);
  CHECK(behind->us.at("shard") < behind->us.at("order") / 4);
  CHECK(served.proxy.metric("slotway_slow_requests_total") == 2);
  // As from Redis without the further word.
  CHECK(client.call({"SLOWLOG", "GET", "1"}).items.at(0).items.size() == 6);
}

TEST_CASE("a command that could not be routed at once has waited, too") {
  Served<RedisShards> served({}, {"observe: { slow_log: { threshold: 100ms } }"});
  RespClient client = served.proxy.client();
  RespClient direct(served.shards.servers[0].port());
  hold_shard(direct, "0.4");
  // It takes another way, which it may not before the other is answered; what comes behind it has
  // been read as early.
  const Command held = {"WATCH", key_of_shard(1)};
  const Command behind = {"SETNX", key_of_shard(1), "x"};
  const Command split = {"MGET", key_of_shard(1), key_of_shard(2)};
  client.send(encode_request({"GET", key_of_shard(0)}) + encode_request(held) +
              encode_request(behind) + encode_request(split));
  CHECK(client.receive().null);
  CHECK(client.receive().text == "OK");
  CHECK(client.receive().integer() == 1);
  CHECK(client.receive().items.size() == 2);
  CHECK(served.proxy.metric("slotway_slow_requests_total") == 4);
  // Both parts of the last one, too.
  CHECK(served.proxy.metric("slotway_stage_duration_seconds_sum", "stage=\"route\"") > 1.2);
  for (const Command& command : {held, behind}) {
    const auto told = told_of(client, command);
    REQUIRE(told);
    CHECK(told->us.at("route") > 200'000);
    CHECK(told->us.at("shard") < told->us.at("route") / 4);
  }
  CHECK(served.proxy.metric("slotway_request_duration_seconds_sum", "command=\"setnx\"") > 0.2);
  CHECK(served.proxy.metric("slotway_shard_request_duration_seconds_sum", "shard=\"b\"") < 0.1);
  // It was held once.
  CHECK(client.call({"GET", key_of_shard(2)}).null);
  CHECK(served.proxy.metric("slotway_slow_requests_total") == 4);
}

TEST_CASE("a wait that was asked for is no latency") {
  Served<RedisShards> served({}, {"observe: { slow_log: { threshold: 100ms } }"});
  RespClient client = served.proxy.client();
  const auto shard_count = [&] {
    return served.proxy.metric("slotway_shard_request_duration_seconds_count");
  };
  const double before = shard_count();
  CHECK(client.call({"BLPOP", key_of_shard(0), "0.3"}).null);
  CHECK(client.call({"WAIT", "1", "300"}).integer() == 0);  // of all shards
  CHECK(shard_count() == before);
  for (const std::string name : {"blpop", "wait"}) {
    const std::string labels = "command=\"" + name + "\"";
    CHECK(served.proxy.metric("slotway_requests_total", labels) == 1);
    CHECK(served.proxy.metric("slotway_request_duration_seconds_count", labels) == 0);
  }
  CHECK(served.proxy.metric("slotway_slow_requests_total") == 0);
  CHECK(client.call({"SET", key_of_shard(0), "x"}).text == "OK");
  CHECK(shard_count() == before + 1);
  // Nor for what stands behind it.
  client.send(encode_request({"GET", key_of_shard(0)}) +
              encode_request({"BLPOP", key_of_shard(1), "0.3"}) +
              encode_request({"GET", key_of_shard(0)}));
  CHECK(client.receive().text == "x");
  CHECK(client.receive().null);
  CHECK(client.receive().text == "x");
  CHECK(served.proxy.client().call({"CLIENT", "PAUSE", "300"}).text == "OK");
  CHECK(client.call({"GET", key_of_shard(0)}).text == "x");
  CHECK(served.proxy.metric("slotway_slow_requests_total") == 0);
}

TEST_CASE("of a transaction EXEC is slow, and what was queued may be big") {
  Served<RedisShards> served(
      {}, {"observe: { slow_log: { threshold: 100ms }, big_keys: { threshold: 4KiB } }"});
  RespClient client = served.proxy.client();
  const std::string key = key_of_shard(0);
  // What is asked of a shard before its first transaction is no matter of EXEC's.
  for (const Command& command : {Command{"MULTI"}, {"DEL", key}, {"EXEC"}}) client.call(command);
  CHECK(client.call({"MULTI"}).text == "OK");
  CHECK(client.call({"SET", key, std::string(5000, 'x')}).text == "QUEUED");
  CHECK(client.call({"STRLEN", key}).text == "QUEUED");
  CHECK(client.call({"CLIENT", "GETNAME"}).text == "QUEUED");
  RespClient direct(served.shards.servers[0].port());
  hold_shard(direct, "0.4");
  const RespValue results = client.call({"EXEC"});
  REQUIRE(results.items.size() == 3);
  CHECK(results.items[1].integer() == 5000);
  // The proxy's own command was not slow for having stood behind the others.
  CHECK(served.proxy.metric("slotway_slow_requests_total") == 1);
  const auto told = told_of(client, {"EXEC"});
  REQUIRE(told);
  CHECK(told->shard == "a");
  CHECK(told->us.at("shard") > 200'000);
  const Json big = api_get(served.proxy, "bigkeys")["entries"];
  REQUIRE(big.size() == 1);
  CHECK(big[0]["key"] == key);
  CHECK(big[0]["command"] == "set");
  CHECK(big[0]["direction"] == "request");
  CHECK(big[0]["bytes"] > 5000);
}

TEST_CASE("a command without the key that it needs may be slow, too") {
  Served<EmbeddedShards> served({"hot_keys: { rules: [ { match: \"*\", cache: always } ] }"},
                                {"observe: { slow_log: { threshold: 0s } }"});
  RespClient client = served.proxy.client();
  client.call({"SET", "k", "x"});
  const auto hits = [&] { return served.proxy.metric("slotway_cache_hits_total"); };
  CHECK(eventually([&] { return client.call({"GET", "k"}).text == "x" && hits() > 0; }));
  CHECK(client.call({"GET"}).is_error());
  const auto told = told_of(client, {"GET"});
  REQUIRE(told);
  CHECK(told->shard.empty());
}

TEST_CASE("a read that waits for the cache's fetch is told with the shard") {
  Served<RedisShards> served({"hot_keys: { rules: [ { match: \"*\", cache: always } ] }"},
                             {"observe: { slow_log: { threshold: 100ms } }"});
  const std::string key = key_of_shard(0);
  RespClient direct(served.shards.servers[0].port());
  direct.call({"SET", key, "old"});
  RespClient client = served.proxy.client();
  const auto hits = [&] { return served.proxy.metric("slotway_cache_hits_total"); };
  CHECK(eventually([&] { return client.call({"GET", key}).text == "old" && hits() > 0; }));
  direct.call({"SET", key, "new"});
  hold_shard(direct, "0.4");
  CHECK(client.call({"GET", key}).text == "new");
  const auto told = told_of(client, {"GET", key});
  REQUIRE(told);
  CHECK(told->shard == "a");
  CHECK(told->us.at("shard") > 200'000);
}

TEST_CASE("every stage is counted for every forwarded request") {
  Served<EmbeddedShards> served;
  RespClient client = served.proxy.client();
  const auto count = [&](const char* stage) {
    return served.proxy.metric("slotway_stage_duration_seconds_count",
                               "stage=\"" + std::string(stage) + "\"");
  };
  const double before = count("shard");
  for (int i = 0; i < 50; ++i) client.call({"SET", "key" + std::to_string(i), "x"});
  for (const char* stage : {"route", "queue", "shard"}) CHECK(count(stage) - before == 50);
  CHECK(served.proxy.metric_reaches(before + 50, "slotway_stage_duration_seconds_count",
                                    "stage=\"order\""));
  CHECK(count("order") == count("write"));
  CHECK(served.proxy.metric("slotway_pipeline_depth_sum") >= 50);
  client.call({"LPUSH", "key0", "x"});
  client.call({"NOSUCH"});
  CHECK(served.proxy.metric("slotway_errors_total", "code=\"WRONGTYPE\"") == 1);
  CHECK(served.proxy.metric("slotway_errors_total", "code=\"syntax\"") == 1);
  CHECK(served.proxy.metric("slotway_errors_total", "code=\"ERR\"") == 0);
}

TEST_CASE("observe: off keeps nothing and measures nothing") {
  Served<EmbeddedShards> served({}, {"observe: off"});
  RespClient client = served.proxy.client();
  for (int i = 0; i < 50; ++i) client.call({"SET", "key" + std::to_string(i), "x"});
  CHECK(served.proxy.metric("slotway_stage_duration_seconds_count") == 0);
  CHECK(served.proxy.metric("slotway_request_duration_seconds_count") == 0);
  CHECK(served.proxy.metric("slotway_shard_request_duration_seconds_count") == 0);
  CHECK(served.proxy.metric("slotway_requests_total", "command=\"set\"") == 50);
  CHECK(client.call({"CONFIG", "GET", "slowlog-log-slower-than"})
            .find("slowlog-log-slower-than")
            ->text == "-1");
}

TEST_CASE("one request in so many is traced, without its value") {
  const EmbeddedShards shards;
  ProxyProcess proxy(
      {.shards = shards.entries(), .file = {"observe: { trace: 10 }"}, .workers = 1});
  RespClient client = proxy.client();
  for (int i = 0; i < 100; ++i) client.call({"SET", "key:" + std::to_string(i), "hidden-value"});
  const auto count_in = [](const std::string& text) {
    size_t count = 0;
    for (size_t at = 0; (at = text.find("trace {", at)) != std::string::npos; ++at) ++count;
    return count;
  };
  // The last is told when its reply has been written.
  CHECK(eventually([&] { return count_in(proxy.process().output()) == 10; }));
  std::vector<nlohmann::json> traces;
  const std::string log = proxy.process().output();
  for (size_t at = log.find("trace {"); at != std::string::npos; at = log.find("trace {", at + 1)) {
    const size_t begin = at + 6;
    traces.push_back(nlohmann::json::parse(log.substr(begin, log.find('\n', begin) - begin)));
  }
  REQUIRE(traces.size() == 10);
  CHECK(log.find("hidden") == std::string::npos);
  for (const auto& trace : traces) {
    CHECK(trace["command"] == "set");
    CHECK(trace["key"].get<std::string>().starts_with("key:"));
    CHECK(trace["pool"] == "main");
    CHECK(trace["stages_us"].size() == 5);
    CHECK(trace["reply_bytes"] == 5);
  }
}

TEST_CASE("a trace is an object of the log's JSON, at any level, and its key a hash on request") {
  const EmbeddedShards shards;
  ProxyProcess proxy({.shards = shards.entries(),
                      .pool = {"hot_keys: { redact_keys: true }"},
                      .file = {"log: { format: json }", "observe: { trace: 1 }"},
                      .workers = 1});
  REQUIRE(http_post(proxy.admin_port(), "/api/v1/log?level=error").status == 200);
  RespClient client = proxy.client();
  CHECK(client.call({"SET", "patient", "hidden-value"}).text == "OK");
  CHECK(eventually([&] { return proxy.process().output().find("\"set\"") != npos; }));
  const std::string log = proxy.process().output();
  const size_t begin = log.rfind("{\"time\"", log.find("\"set\""));
  REQUIRE(begin != npos);
  const auto line = nlohmann::json::parse(log.substr(begin, log.find('\n', begin) - begin));
  CHECK(line["message"] == "trace");
  CHECK(line["trace"]["command"] == "set");
  CHECK(line["trace"]["stages_us"].size() == 5);
  CHECK(is_hash(line["trace"]["key"]));
  CHECK(log.find("patient") == npos);
  CHECK(log.find("hidden") == npos);
}

TEST_CASE("with redact_keys neither the slow log nor big keys hold a key") {
  Served<EmbeddedShards> served({"hot_keys: { redact_keys: true }"},
                                {"observe: { slow_log: { threshold: 0 }, big_keys: { threshold: "
                                 "10KiB } }"});
  RespClient client = served.proxy.client();
  CHECK(client.call({"SET", "patient", std::string(20'000, 'x')}).text == "OK");
  CHECK(client.call({"GET", "patient"}).text.size() == 20'000);
  CHECK(client.call({"MSET", "patient2", "1", "patient3", "2"}).text == "OK");
  const std::string told = client.call({"SLOWLOG", "GET", "-1"}).to_string();
  CHECK(told.find("MSET") != npos);
  CHECK(told.find("patient") == npos);
  const std::string slow = http_get(served.proxy.admin_port(), "/api/v1/slowlog").body;
  CHECK(slow.find("MSET") != npos);
  CHECK(slow.find("patient") == npos);
  const std::string big = http_get(served.proxy.admin_port(), "/api/v1/bigkeys").body;
  CHECK(big.find("patient") == npos);
  const auto keys = nlohmann::json::parse(big)["entries"];
  REQUIRE(keys.size() == 2);
  for (const auto& key : keys) CHECK(is_hash(key["key"]));
  CHECK(keys[0]["key"] == keys[1]["key"]);
}

TEST_CASE("what is answered by silence is told at once") {
  const EmbeddedShards shards;
  ProxyProcess proxy({.shards = shards.entries(), .file = {"observe: { trace: 1 }"}, .workers = 1});
  RespClient client = proxy.client();
  client.send(encode_request({"CLIENT", "REPLY", "OFF"}));
  for (int i = 0; i < 20; ++i) client.send(encode_request({"SET", "quiet", "x"}));
  const auto told = [&] {
    const std::string log = proxy.process().output();
    size_t count = 0;
    for (size_t at = 0; (at = log.find("quiet", at)) != std::string::npos; ++at) ++count;
    return count;
  };
  CHECK(eventually([&] { return told() == 20; }));
  CHECK(proxy.metric("slotway_stage_duration_seconds_count", "stage=\"write\"") == 0);
}

TEST_CASE("big requests and replies are counted") {
  Served<EmbeddedShards> served({}, {"observe: { big_keys: { threshold: 10KiB } }"});
  RespClient client = served.proxy.client();
  client.call({"SET", "small", std::string(100, 'x')});
  client.call({"SET", "big", std::string(20'000, 'x')});
  client.call({"GET", "big"});
  client.call({"GET", "big"});
  CHECK(served.proxy.metric("slotway_big_keys_total", "direction=\"request\"") == 1);
  CHECK(served.proxy.metric("slotway_big_keys_total", "direction=\"reply\"") == 2);
}

TEST_CASE("long keys that begin alike are not one big key") {
  Served<EmbeddedShards> served({}, {"observe: { big_keys: { threshold: 4KiB } }"});
  RespClient client = served.proxy.client();
  const std::string begin = "{tag}" + std::string(100, 'k');
  for (const char* end : {"one", "two"}) {
    for (int i = 0; i < 2; ++i) client.call({"SET", begin + end, std::string(5000, 'x')});
    client.call({"GET", begin + end});
  }
  const Json big = api_get(served.proxy, "bigkeys")["entries"];
  REQUIRE(big.size() == 4);
  for (const Json& entry : big) {
    CHECK(entry["cut"] == true);
    CHECK(begin.starts_with(entry["key"].get<std::string>()));
    CHECK(entry["times"] == (entry["direction"] == "request" ? 2 : 1));
  }
}

TEST_CASE("what was kept is dropped when keys are to be hidden") {
  EmbeddedShards shards;
  ProxyOptions options{.shards = shards.entries(),
                       .file = {"observe: { big_keys: { threshold: 1KiB } }"}};
  ProxyProcess proxy(options);
  RespClient client = proxy.client();
  client.call({"CONFIG", "SET", "slowlog-log-slower-than", "0"});
  client.call({"SET", "secret-key", std::string(2000, 'x')});
  REQUIRE(api_get(proxy, "bigkeys")["entries"][0]["key"] == "secret-key");
  // It is told when its reply has been written, which the client may see first.
  REQUIRE(eventually([&] {
    return http_get(proxy.admin_port(), "/api/v1/slowlog").body.find("secret-key") != npos;
  }));
  options.pool = {"hot_keys: { redact_keys: true }"};
  REQUIRE(proxy.reload(options));
  CHECK(api_get(proxy, "bigkeys")["entries"].empty());
  CHECK(http_get(proxy.admin_port(), "/api/v1/slowlog").body.find("secret-key") ==
        std::string::npos);
  client.call({"SET", "secret-key", std::string(2000, 'x')});
  const Json big = api_get(proxy, "bigkeys")["entries"];
  REQUIRE(big.size() == 1);
  CHECK(big[0]["key"] != "secret-key");
}

}  // namespace slotway::tests
