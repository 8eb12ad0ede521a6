// Commands whose replies cannot be held against redis-server byte by byte: they depend on time,
// order, addresses, or on what the store alone has.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include "tests/backend/running_server.h"
#include "tests/support/patience.h"
#include "wire/slot.h"

namespace slotway::backend {

namespace {

using tests::RespClient;
using tests::RespValue;

std::set<std::string> scan_all(RespClient& client, std::vector<std::string> options) {
  std::set<std::string> keys;
  std::string cursor = "0";
  do {
    std::vector<std::string> command = {"SCAN", cursor};
    command.insert(command.end(), options.begin(), options.end());
    const RespValue reply = client.call(command);
    cursor = reply.items.at(0).text;
    for (const std::string& key : reply.items.at(1).texts()) keys.insert(key);
  } while (cursor != "0");
  return keys;
}

}  // namespace

TEST_CASE("SCAN shows all keys, by count, pattern and type; cursors leave room for a shard") {
  RunningServer running;
  RespClient client = running.client();
  for (int i = 0; i < 2000; ++i) client.call({"SET", "key:" + std::to_string(i), "v"});
  CHECK(scan_all(client, {}).size() == 2000);
  CHECK(scan_all(client, {"COUNT", "1"}).size() == 2000);
  CHECK(scan_all(client, {"COUNT", "9223372036854775807"}).size() == 2000);
  CHECK(scan_all(client, {"MATCH", "key:1?"}).size() == 10);
  CHECK(scan_all(client, {"TYPE", "STRING"}).size() == 2000);
  CHECK(scan_all(client, {"TYPE", "hash"}).empty());
  const RespValue reply = client.call({"SCAN", "0", "COUNT", "100"});
  CHECK(std::stoull(reply.items.at(0).text) < (uint64_t{1} << 48));
  CHECK(reply.items.at(1).items.size() >= 100);
  CHECK(reply.items.at(1).items.size() < 300);
}

TEST_CASE("expired keys are in no listing, and go by themselves") {
  RunningServer running;
  RespClient client = running.client();
  ask(client, "DEBUG SET-ACTIVE-EXPIRE 0");
  ask(client, "SET gone 1 PX 30");
  ask(client, "SET stays 1 PX 1000000");
  std::this_thread::sleep_for(std::chrono::milliseconds(60));
  CHECK(client.call({"KEYS", "*"}).texts() == std::vector<std::string>{"stays"});
  CHECK(scan_all(client, {}) == std::set<std::string>{"stays"});
  CHECK(ask(client, "DBSIZE") == ":2\r\n");
  for (int i = 0; i < 20; ++i) CHECK(client.call({"RANDOMKEY"}).text == "stays");
  CHECK(ask(client, "TTL gone") == ":-2\r\n");
  CHECK(ask(client, "DBSIZE") == ":1\r\n");
  for (int i = 0; i < 500; ++i) client.call({"SET", "k" + std::to_string(i), "v", "PX", "1"});
  CHECK(client.call({"DBSIZE"}).integer() > 300);
  ask(client, "DEBUG SET-ACTIVE-EXPIRE 1");
  // The cycle works in ticks of 256 ms, ten times a second.
  CHECK(tests::eventually([&] { return client.call({"DBSIZE"}).integer() == 1; }));
}

TEST_CASE("times to live count down") {
  RunningServer running;
  RespClient client = running.client();
  ask(client, "SET a 1 EX 100");
  const int64_t ms = client.call({"PTTL", "a"}).integer();
  CHECK(ms > 95'000);
  CHECK(ms <= 100'000);
  CHECK(client.call({"TTL", "a"}).integer() <= 100);
  ask(client, "GETEX a PX 5000");
  CHECK(client.call({"PTTL", "a"}).integer() <= 5000);
  ask(client, "PEXPIRE a 20");
  CHECK(tests::eventually([&] { return ask(client, "GET a") == "$-1\r\n"; }));
}

TEST_CASE("RANDOMKEY reaches every key") {
  RunningServer running;
  RespClient client = running.client();
  CHECK(ask(client, "RANDOMKEY") == "$-1\r\n");
  for (int i = 0; i < 20; ++i) client.call({"SET", "key:" + std::to_string(i), "v"});
  std::set<std::string> seen;
  for (int i = 0; i < 2000; ++i) seen.insert(client.call({"RANDOMKEY"}).text);
  CHECK(seen.size() == 20);
}

TEST_CASE("CLIENT REPLY leaves out exactly what it says") {
  RunningServer running;
  RespClient client = running.client();
  client.send("CLIENT REPLY SKIP\r\nSET a 1\r\nGET a\r\n");
  CHECK(client.receive_raw() == "$1\r\n1\r\n");
  client.send("CLIENT REPLY OFF\r\nSET a 2\r\nCLIENT REPLY SKIP\r\nGET a\r\nCLIENT REPLY ON\r\n");
  CHECK(client.receive_raw() == "+OK\r\n");
  CHECK(ask(client, "GET a") == "$1\r\n2\r\n");
  client.send("CLIENT REPLY OFF\r\nSET a 3\r\nRESET\r\n");
  CHECK(client.receive_raw() == "+RESET\r\n");
}

TEST_CASE("CLIENT LIST and KILL find clients by id, address and type") {
  RunningServer running;
  RespClient client = running.client();
  RespClient other = running.client();
  ask(other, "CLIENT SETNAME other");
  const std::string id = std::to_string(other.call({"CLIENT", "ID"}).integer());
  const std::string mine = client.call({"CLIENT", "INFO"}).text;
  CHECK(mine.find(" cmd=client|info ") != std::string::npos);
  const std::string both = client.call({"CLIENT", "LIST"}).text;
  CHECK(std::count(both.begin(), both.end(), '\n') == 2);
  CHECK(both.find(" name=other ") != std::string::npos);
  CHECK(client.call({"CLIENT", "LIST", "ID", id, "77777"}).text.starts_with("id=" + id + " "));
  CHECK(client.call({"CLIENT", "LIST", "TYPE", "pubsub"}).text.empty());
  CHECK(client.call({"CLIENT", "KILL", "ID", id}).integer() == 1);
  CHECK(other.receive_until_end().empty());
  CHECK(client.call({"CLIENT", "KILL", "TYPE", "normal"}).integer() == 0);
  const size_t at = mine.find("addr=") + 5;
  const std::string address = mine.substr(at, mine.find(' ', at) - at);
  client.request({"CLIENT", "KILL", address});
  CHECK(client.receive_until_end() == "+OK\r\n");
}

TEST_CASE("CLIENT PAUSE holds commands back until its time or UNPAUSE") {
  RunningServer running;
  RespClient client = running.client();
  RespClient other = running.client();
  ask(client, "CLIENT PAUSE 100000 WRITE");
  CHECK(ask(other, "GET a") == "$-1\r\n");
  other.send("GET a\r\nSET a 1\r\nGET a\r\n");
  CHECK(other.receive_raw() == "$-1\r\n");
  CHECK(other.silent_for(std::chrono::milliseconds(100)));
  ask(client, "CLIENT UNPAUSE");
  CHECK(other.receive_raw() == "+OK\r\n");
  CHECK(other.receive_raw() == "$1\r\n1\r\n");
  ask(client, "CLIENT PAUSE 300");
  const auto begin = tests::Clock::now();
  CHECK(ask(other, "GET a") == "$1\r\n1\r\n");
  CHECK(tests::Clock::now() - begin >= std::chrono::milliseconds(200));
}

TEST_CASE("CLIENT LIST says what each client takes") {
  const RunningServer server;
  RespClient admin = server.client();
  RespClient client = server.client();
  const std::string id = std::to_string(client.call({"CLIENT", "ID"}).integer());
  const auto field = [&](const std::string& name) {
    const std::string line = admin.call({"CLIENT", "LIST", "ID", id}).text;
    return std::stoull(line.substr(line.find(" " + name + "=") + name.size() + 2));
  };
  const auto reaches = [&](const std::string& name, uint64_t least) {
    return tests::eventually([&] { return field(name) >= least; });
  };
  for (const char* const name :
       {"qbuf", "qbuf-free", "argv-mem", "multi-mem", "rbs", "rbp", "obl", "oll", "omem"}) {
    CAPTURE(name);
    CHECK(field(name) == 0);
  }
  // Half a command, a command that waits, a transaction, replies that nobody reads.
  const std::string large(1 << 20, 'x');
  client.send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1048576\r\n" + large.substr(0, 5000));
  CHECK(reaches("qbuf", 5000));
  CHECK(reaches("qbuf-free", 1000));
  CHECK(reaches("tot-mem", 5000));
  client.send(large.substr(5000) + "\r\n");
  CHECK(client.receive().text == "OK");
  client.request({"BLPOP", std::string(300, 'k'), "0"});
  CHECK(reaches("argv-mem", 300));
  admin.call({"CLIENT", "UNBLOCK", id});
  CHECK(client.receive().null);
  CHECK(field("argv-mem") == 0);
  client.call({"MULTI"});
  client.call({"SET", "j", large});
  CHECK(field("multi-mem") >= large.size());
  client.call({"DISCARD"});
  CHECK(field("multi-mem") == 0);
  for (int i = 0; i < 30; ++i) client.request({"GET", "k"});
  for (const char* const name : {"rbs", "rbp", "obl", "oll", "omem"}) {
    CAPTURE(name);
    CHECK(reaches(name, 1));
  }
  CHECK(field("tot-mem") > large.size());
}

TEST_CASE("CONFIG changes what it says, all of one command or nothing") {
  RunningServer running;
  RespClient client = running.client();
  CHECK(ask(client, "CONFIG SET maxclients 50 timeout 7") == "+OK\r\n");
  CHECK(client.call({"CONFIG", "SET", "maxclients", "60", "timeout", "x"}).is_error());
  CHECK(client.call({"CONFIG", "GET", "maxclients"}).find("maxclients")->text == "50");
  const RespValue several = client.call({"CONFIG", "GET", "max*", "TIMEOUT"});
  CHECK(several.find("maxclients")->text == "50");
  CHECK(several.find("TIMEOUT")->text == "7");
  CHECK(several.find("maxmemory")->text == "0");
  CHECK(client.call({"CONFIG", "SET", "appendonly", "yes"}).is_error());
  CHECK(ask(client, "CONFIG SET appendonly no") == "+OK\r\n");
  CHECK(ask(client, "CONFIG SET requirepass pw") == "+OK\r\n");
  RespClient late = running.raw();
  CHECK(ask(late, "PING").starts_with("-NOAUTH"));
  CHECK(ask(client, "PING") == "+PONG\r\n");
  CHECK(client.call({"CONFIG", "SET", "requirepass", ""}).text == "OK");
  CHECK(ask(late, "PING") == "+PONG\r\n");
}

TEST_CASE("slots are counted and listed by themselves") {
  RunningServer running;
  RespClient client = running.client();
  ask(client, "MSET {t}1 a {t}2 b {t}3 c other d");
  const std::string slot = std::to_string(wire::slot_of_key("t"));
  CHECK(client.call({"CLUSTER", "KEYSLOT", "{t}1"}).integer() == std::stoll(slot));
  CHECK(client.call({"CLUSTER", "COUNTKEYSINSLOT", slot}).integer() == 3);
  CHECK(client.call({"CLUSTER", "GETKEYSINSLOT", slot, "2"}).items.size() == 2);
  CHECK(client.call({"CLUSTER", "GETKEYSINSLOT", slot, "10"}).items.size() == 3);
  CHECK(client.call({"CLUSTER", "COUNTKEYSINSLOT", "16384"}).is_error());
  CHECK(client.call({"CLUSTER", "GETKEYSINSLOT", slot, "-1"}).is_error());
  CHECK(client.call({"CLUSTER", "INFO"}).text.find("cluster_enabled:0") != std::string::npos);
}

TEST_CASE("COMMAND shows what the store carries out, and nothing else") {
  RunningServer running;
  RespClient client = running.client();
  const std::vector<std::string> names = client.call({"COMMAND", "LIST"}).texts();
  const std::set<std::string> shown(names.begin(), names.end());
  CHECK(shown.contains("get"));
  CHECK(shown.contains("client|list"));
  CHECK_FALSE(shown.contains("xadd"));
  CHECK_FALSE(shown.contains("acl|setuser"));
  CHECK(client.call({"COMMAND", "COUNT"}).integer() > 50);
  for (const std::string& name : names) {
    const size_t bar = name.find('|');
    if (name == "shutdown" || name == "quit") continue;
    RespClient fresh = running.client();
    std::vector<std::string> command = {name.substr(0, bar)};
    if (bar != std::string::npos) command.push_back(name.substr(bar + 1));
    CAPTURE(name);
    CHECK(fresh.call(command).text.find("unknown") == std::string::npos);
  }
  CHECK(client.call({"XADD", "a", "*", "b", "c"}).text.starts_with("ERR unknown command 'XADD'"));
  CHECK(client.call({"COMMAND", "GETKEYS", "GET", "a"}).texts() == std::vector<std::string>{"a"});
  CHECK(client.call({"CLIENT", "HELP"}).items.size() > 10);
}

TEST_CASE("INFO counts what happened") {
  RunningServer running;
  RespClient client = running.client();
  ask(client, "SET a 1");
  ask(client, "SET b 1 EX 1000");
  ask(client, "GET a");
  ask(client, "GET none");
  ask(client, "INCR");
  const std::string all = client.call({"INFO", "everything"}).text;
  for (const char* line :
       {"redis_version:7.0.15\r\n", "keyspace_hits:1\r\n", "keyspace_misses:1\r\n",
        "db0:keys=2,expires=1,avg_ttl=", "role:master\r\n", "cluster_enabled:0\r\n",
        "total_error_replies:1\r\n", "errorstat_ERR:count=1\r\n", "cmdstat_set:calls=2,usec="}) {
    CAPTURE(line);
    CHECK(all.find(line) != std::string::npos);
  }
  const std::string some = client.call({"INFO", "stats", "Keyspace"}).text;
  CHECK(some.find("# Stats") != std::string::npos);
  CHECK(some.find("# Keyspace") != std::string::npos);
  CHECK(some.find("# Server") == std::string::npos);
  ask(client, "CONFIG RESETSTAT");
  CHECK(client.call({"INFO", "stats"}).text.find("keyspace_hits:0\r\n") != std::string::npos);
}

TEST_CASE("INFO knows the mean time to live of the keys that have one") {
  RunningServer running;
  RespClient client = running.client();
  const auto mean = [&] {
    const std::string text = client.call({"INFO", "keyspace"}).text;
    return std::stoll(text.substr(text.find("avg_ttl=") + 8));
  };
  ask(client, "SET for-ever 1");
  CHECK(mean() == 0);
  ask(client, "SET a 1 EX 1000");
  ask(client, "SET b 1 EX 3000");
  CHECK(mean() <= 2'000'256);
  CHECK(mean() > 1'900'000);
  ask(client, "EXPIRE b 1000");
  CHECK(mean() <= 1'000'256);
  ask(client, "DEL a");
  ask(client, "PERSIST b");
  CHECK(mean() == 0);
}

TEST_CASE("OBJECT, MEMORY and DEBUG tell about a key") {
  RunningServer running;
  RespClient client = running.client();
  client.call({"SET", "large", std::string(100'000, 'x')});
  ask(client, "SET small x");
  CHECK(client.call({"OBJECT", "IDLETIME", "small"}).integer() <= 1);
  CHECK(client.call({"OBJECT", "REFCOUNT", "small"}).integer() == 1);
  CHECK(client.call({"MEMORY", "USAGE", "large"}).integer() > 100'000);
  CHECK(client.call({"MEMORY", "USAGE", "small", "SAMPLES", "5"}).integer() < 100);
  CHECK(client.call({"DEBUG", "OBJECT", "small"}).text.find("encoding:embstr") !=
        std::string::npos);
  const auto begin = tests::Clock::now();
  ask(client, "DEBUG SLEEP 0.1");
  CHECK(tests::Clock::now() - begin >= std::chrono::milliseconds(100));
}

TEST_CASE("SHUTDOWN is the owner's business") {
  RunningServer running;
  RespClient client = running.client();
  CHECK(client.call({"SHUTDOWN"}).is_error());
  Settings settings;
  settings.port = tests::free_port();
  Server server(settings);
  std::atomic<bool> asked = false;
  server.on_shutdown([&] { asked = true; });
  REQUIRE(server.start().ok());
  RespClient other(settings.port);
  other.request({"SHUTDOWN", "NOSAVE"});
  CHECK(other.receive_until_end().empty());
  CHECK(asked);
}

}  // namespace slotway::backend
