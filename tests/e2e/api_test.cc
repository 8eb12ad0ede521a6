// The admin API: what it shows.

#include "tests/e2e/api.h"

#include <set>

#include "tests/e2e/load.h"
#include "tests/e2e/servers.h"

namespace slotway::tests {

namespace {

// The only pool of an answer.
Json pool_of(const ProxyProcess& proxy, const std::string& page) {
  const Json answer = api_get(proxy, page);
  REQUIRE(answer["pools"].size() == 1);
  return answer["pools"][0];
}

}  // namespace

TEST_CASE("api: version") {
  const Served<RedisShards> served;
  const Json version = api_get(served.proxy, "version");
  CHECK(version["version"] == "0.1.0");
  CHECK(version["workers"] == 4);
  CHECK(version["pools"] == Json::array({"main"}));
  CHECK(version["now_unix_ms"] >= version["started_unix_ms"]);
  CHECK(version["now_unix_ms"].get<int64_t>() - version["started_unix_ms"].get<int64_t>() < 60'000);
}

TEST_CASE_TEMPLATE("api: shards, and what was counted of them", Shards, EVERY_KIND) {
  const Served<Shards> served;
  RespClient client = served.proxy.client();
  for (int i = 0; i < 10; ++i) CHECK(client.call({"SET", key_of_shard(1), "x"}).text == "OK");
  CHECK(client.call({"LPUSH", key_of_shard(1), "x"}).text.starts_with("WRONGTYPE"));
  const Json pool = pool_of(served.proxy, "shards?pool=main");
  CHECK(pool["name"] == "main");
  CHECK(pool["read_from"] == "primary");
  REQUIRE(pool["shards"].size() == 3);
  const std::vector<ShardEntry> entries = served.shards.entries();
  for (size_t i = 0; i < 3; ++i) {
    const Json& shard = pool["shards"][i];
    CHECK(shard["name"] == kShardNames[i]);
    CHECK(shard["address"] == entries[i].primary);
    CHECK(shard["slots"] == (i == 1 ? 5462 : 5461));
    CHECK(shard["state"] == "up");
    CHECK(shard["answering_workers"] == 4);
    CHECK(shard["requests"] == (i == 1 ? 11 : 0));
    CHECK(shard["errors"] == (i == 1 ? 1 : 0));
    CHECK(shard["bytes_sent"] > 0);
  }
}

TEST_CASE("api: a shard that is killed is down within two seconds, and up again") {
  Served<RedisShards> served;
  const auto state = [&] { return pool_of(served.proxy, "shards")["shards"][2]["state"]; };
  const auto since = [&] {
    const Json shard = pool_of(served.proxy, "shards")["shards"][2];
    return shard["state_since_unix_ms"].get<int64_t>();
  };
  CHECK(state() == "up");
  const int64_t up_since = since();
  const int64_t now = api_get(served.proxy, "version")["now_unix_ms"];
  CHECK(up_since <= now);
  CHECK(up_since >= api_get(served.proxy, "version")["started_unix_ms"]);
  served.shards.servers[2].kill();
  const auto begin = Clock::now();
  CHECK(eventually([&] { return state() == "down"; }));
  CHECK(Clock::now() - begin < patience(milliseconds(2000)));
  CHECK(since() >= now);
  CHECK(pool_of(served.proxy, "shards")["shards"][1]["state"] == "up");
  CHECK(api_get(served.proxy, "route?key=" + key_of_shard(2))["state"] == "down");
  served.shards.servers[2].start();
  CHECK(eventually([&] { return state() == "up"; }));
}

TEST_CASE("api: the owner of each of 16,384 slots") {
  const RedisServer redis;
  const ProxyProcess proxy({.shards = {{"a", redis.address(), "[0-99, 200, 300-16000]"},
                                       {"b", "127.0.0.1:1", "[100-199]"}},
                            .pool = {"allow_gaps: true"},
                            .wait_for_shards = false});
  const Json pool = pool_of(proxy, "slots");
  CHECK(pool["shards"] == Json::array({"a", "b"}));
  CHECK(pool["ranges"] ==
        Json::parse("[[0,99,0],[100,199,1],[200,200,0],[201,299,-1],[300,16000,0],"
                    "[16001,16383,-1]]"));
  CHECK(pool_of(proxy, "slots?load=0")["load"].is_null());
  CHECK(api_get_error(proxy, "slots?load=2") == "400 load: expected 0 or 1");
}

TEST_CASE("api: clients, and as many as are asked for") {
  const Served<RedisShards> served;
  std::vector<RespClient> clients;
  for (int i = 0; i < 50; ++i) clients.push_back(served.proxy.client());
  CHECK(clients[0].call({"CLIENT", "SETNAME", "first"}).text == "OK");
  RespClient third(served.proxy.port(), 3);
  CHECK(third.call({"SELECT", "5"}).text == "OK");
  CHECK(third.call({"SET", "a", "x"}).text == "OK");
  for (RespClient& client : clients) CHECK(client.call({"GET", "a"}).null);
  const Json all = api_get(served.proxy, "clients?count=10000&pool=main");
  CHECK(all["total"] == 51);
  REQUIRE(all["clients"].size() == 51);
  std::set<std::string> addresses;
  int64_t most = INT64_MAX;
  for (const Json& client : all["clients"]) {
    const int64_t traffic = client["bytes_in"].get<int64_t>() + client["bytes_out"].get<int64_t>();
    CHECK(traffic <= most);
    most = traffic;
    addresses.insert(client["address"].get<std::string>());
    CHECK(client["pool"] == "main");
    CHECK(client["user"] == "default");
    CHECK(client["age_seconds"] >= client["idle_seconds"]);
    CHECK(client["bytes_in"] > 0);
    CHECK(client["bytes_out"] > 0);
    CHECK(client["pending"] == 0);
  }
  CHECK(addresses.size() == 51);
  // The one with HELLO, SELECT and SET, and the one that has said its name.
  CHECK(all["clients"][0]["protocol"] == 3);
  CHECK(all["clients"][0]["database"] == 5);
  CHECK(all["clients"][1]["name"] == "first");
  CHECK(all["clients"][1]["last_command"] == "get");
  CHECK(all["clients"][1]["protocol"] == 2);
  const Json some = api_get(served.proxy, "clients?count=20");
  CHECK(some["total"] == 51);
  CHECK(some["clients"].size() == 20);
  CHECK(some["clients"][19]["id"] == all["clients"][19]["id"]);
}

TEST_CASE("api: clients: who does not read comes first, then who waits, then who moves most") {
  const Served<RedisShards> served;
  std::vector<RespClient> idle;
  for (int i = 0; i < 40; ++i) idle.push_back(served.proxy.client());
  for (RespClient& client : idle) client.call({"PING"});
  RespClient busy = served.proxy.client();
  CHECK(busy.call({"SET", key_of_shard(0), std::string(1 << 20, 'x')}).text == "OK");
  RespClient waiting = served.proxy.client();
  waiting.request({"BLPOP", "nothing", "0"});
  RespClient deaf = served.proxy.client();
  for (int i = 0; i < 30; ++i) deaf.request({"GET", key_of_shard(0)});
  const auto port_of = [](RespClient& client) {
    return ":" + std::to_string(client.socket().local_port());
  };
  const std::vector<std::string> wanted = {port_of(deaf), port_of(waiting), port_of(busy)};
  CHECK(eventually([&] {
    const Json list = api_get(served.proxy, "clients?count=3")["clients"];
    for (size_t i = 0; i < 3; ++i) {
      if (!list.at(i)["address"].get<std::string>().ends_with(wanted[i])) return false;
    }
    return list[0]["output_bytes"] > 0 && list[1]["pending"] == 1;
  }));
  CHECK(api_get(served.proxy, "clients?count=3")["total"] == 43);
}

TEST_CASE("api: the configuration, without secrets") {
  const RedisServer redis;
  TempDir directory;
  directory.write("secret", "hush-hush");
  const ProxyProcess proxy(
      {.shards = {{"a", redis.address()}},
       .pool = {"users: { default: { password_sha256: " + std::string(64, 'a') + " } }",
                "hot_keys: { webhook: \"http://127.0.0.1:1/TOKEN\" }",
                "upstream: { password_file: " + directory.file("secret") + " }"},
       .workers = 2,
       .wait_for_shards = false});
  const Json config = api_get(proxy, "config");
  CHECK(config["workers"] == 2);
  CHECK(config["admin"]["address"] == "127.0.0.1:" + std::to_string(proxy.admin_port()));
  const Json& pool = config["pools"]["main"];
  CHECK(pool["timeouts"]["request"] == "2s");
  CHECK(pool["limits"]["clients"] == 10000);
  CHECK(pool["users"]["default"]["password_sha256"] == Json::array({"(redacted)"}));
  CHECK(pool["shards"]["a"]["upstream"]["password_file"] == "(redacted)");
  for (const char* secret : {"hush", "TOKEN", "aaaa"}) {
    CHECK(config.dump().find(secret) == std::string::npos);
  }
}

TEST_CASE("api: the configuration is what is in force, CONFIG SET included") {
  const Served<EmbeddedShards> served;
  RespClient client = served.proxy.client();
  const auto slow_log = [&] { return api_get(served.proxy, "config")["observe"]["slow_log"]; };
  CHECK(slow_log() == Json::parse(R"({"threshold":"10ms","entries":128})"));
  CHECK(client.call({"CONFIG", "SET", "slowlog-log-slower-than", "250", "slowlog-max-len", "7"})
            .text == "OK");
  CHECK(slow_log() == Json::parse(R"({"threshold":"250us","entries":7})"));
  CHECK(client.call({"CONFIG", "SET", "slowlog-log-slower-than", "2000000"}).text == "OK");
  CHECK(slow_log()["threshold"] == "2s");
  CHECK(client.call({"CONFIG", "SET", "slowlog-log-slower-than", "-1"}).text == "OK");
  CHECK(slow_log() == "off");
}

TEST_CASE("api: what is wrong with a question is said") {
  const Served<EmbeddedShards> served;
  const auto asked = [&](const std::string& page) { return api_get_error(served.proxy, page); };
  const std::string count = "400 count: expected a whole number from 1 to 10000";
  CHECK(asked("clients?count=0") == count);
  CHECK(asked("clients?count=10001") == count);
  CHECK(asked("clients?count=") == count);
  CHECK(asked("hotkeys?count=5x") == count);
  CHECK(asked("hotkeys?count=1&count=2") == "400 count: expected once");
  CHECK(asked("hotkeys?counts=1") == "400 unknown parameter; expected one of pool, count");
  CHECK(asked("version?pool=main") == "400 unknown parameter; expected none");
  CHECK(asked("shards?pool=none") == "404 pool: there is none of that name, expected one of main");
  CHECK(asked("route") == "400 expected key=, percent-encoded where it must be");
  CHECK(asked("shards?pool=%zz").starts_with("400 "));
  CHECK(asked("none").starts_with("404 "));
  CHECK(api_post_error(served.proxy, "shards") == "405 only GET and HEAD");
  CHECK(asked("reload") == "405 only POST");
}

TEST_CASE("api: 64 clients that hang hurt nobody but those who ask the API") {
  const Served<RedisShards> served;
  std::vector<Socket> hanging;
  for (int i = 0; i < 64; ++i) {
    hanging.push_back(Socket::connect(served.proxy.admin_port()));
    hanging.back().send("GET /api/v1/clients?count=10000 HT");
  }
  Load load(served.proxy.port(), two_keys_each());
  const auto begin = Clock::now();
  REQUIRE(load.goes_on(2000));
  CHECK(Clock::now() - begin < patience(milliseconds(4000)));
  for (const Seen& seen : load.finish()) {
    CHECK(seen.wrong == "");
    CHECK(seen.errors == 0);
  }
}

}  // namespace slotway::tests
