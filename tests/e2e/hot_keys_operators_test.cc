// HOTKEYS: what operators are told of the hottest keys, and the patterns that they pin.

#include <algorithm>

#include "tests/e2e/conversation.h"
#include "tests/e2e/hot_keys.h"
#include "tests/support/http.h"

namespace slotway::tests {

namespace {

// Hot from 50 requests a second: a test is no load generator.
const std::string kDetectOnly =
    "hot_keys: { detect: true, report: { rate: 50 }, cache: { mode: off } }";

// So many times the command, in one go.
void repeat(RespClient& client, const Command& command, size_t times) {
  std::string bytes;
  for (size_t i = 0; i < times; ++i) bytes += encode_request(command);
  client.exchange(bytes, times);
}

// What the report says of the key; nullptr if it is not among the hottest.
const RespValue* entry_of(const RespValue& report, const std::string& key) {
  const RespValue* const keys = report.find("keys");
  REQUIRE(keys);
  for (const RespValue& entry : keys->items) {
    if (entry.find("key")->text == key) return &entry;
  }
  return nullptr;
}

bool is_hot_by(const RespValue& entry, const std::string& measure) {
  const std::vector<std::string> measures = entry.find("hot-by")->texts();
  return std::ranges::count(measures, measure) == 1;
}

// Repeats the command until the report says that its key is hot by that measure.
bool becomes_hot(RespClient& client, const Command& command, const std::string& measure) {
  return eventually([&] {
    repeat(client, command, 100);
    const RespValue report = client.call({"HOTKEYS", "GET"});
    const RespValue* const entry = entry_of(report, command.at(1));
    return entry && is_hot_by(*entry, measure);
  });
}

}  // namespace

TEST_CASE("HOTKEYS GET: a key that is read and a key that is written are told apart") {
  Cached cached(2, {kDetectOnly});
  for (const int version : {2, 3}) {
    CAPTURE(version);
    RespClient client(cached.proxy.port(), version);
    REQUIRE(becomes_hot(client, {"GET", "read"}, "requests"));
    REQUIRE(becomes_hot(client, {"SET", "written", "v"}, "writes"));
    const RespValue report = client.call({"HOTKEYS", "GET"});
    CHECK(report.type == (version == 3 ? '%' : '*'));
    CHECK(report.items.size() == 14);
    CHECK(report.find("detects")->text == (version == 3 ? "t" : "1"));
    CHECK(report.find("requests")->integer() > 0);
    CHECK(report.find("writes")->integer() > 0);
    CHECK(report.find("one-sampled-of")->integer() == 1);
    CHECK(report.find("pinned")->items.empty());
    const RespValue* const written = entry_of(report, "written");
    REQUIRE(written);
    CHECK(written->type == (version == 3 ? '%' : '*'));
    CHECK(written->items.size() == 16);
    CHECK(written->find("requests")->integer() >= 50);
    CHECK(written->find("writes")->integer() >= 50);
    CHECK(written->find("share")->type == (version == 3 ? ',' : '$'));
    CHECK(std::stod(written->find("share")->text) > 0);
    CHECK(std::stod(written->find("share")->text) <= 1);
    CHECK(written->find("cut")->text == (version == 3 ? "f" : "0"));
    CHECK(written->find("cached")->text == (version == 3 ? "f" : "0"));
    const RespValue* const read = entry_of(report, "read");
    if (read) CHECK(read->find("writes")->integer() == 0);
    CHECK(client.call({"HOTKEYS", "GET", "1"}).find("keys")->items.size() == 1);
    CHECK(client.call({"hotkeys", "get", "0"}).find("keys")->items.empty());
    CHECK(client.call({"HOTKEYS", "RESET"}).text == "OK");
  }
}

TEST_CASE("HOTKEYS GET: the requests of all workers are one sum, whoever asks") {
  Cached cached(4, {kDetectOnly});
  std::vector<RespClient> clients = clients_of(cached.proxy);
  CHECK(eventually([&] {
    for (RespClient& client : clients) repeat(client, {"GET", "k"}, 50);
    return std::ranges::all_of(clients, [](RespClient& client) {
      const RespValue report = client.call({"HOTKEYS", "GET", "3"});
      const RespValue* const entry = entry_of(report, "k");
      return entry && is_hot_by(*entry, "requests") &&
             entry->find("requests")->integer() <= report.find("requests")->integer() &&
             report.find("keys")->items.size() == 1;
    });
  }));
}

TEST_CASE("HOTKEYS GET: a long key is cut, and the report says so") {
  Cached cached(1, {kDetectOnly});
  RespClient client = cached.proxy.client();
  const std::string longest = std::string(256, 'l');
  REQUIRE(becomes_hot(client, {"GET", longest}, "requests"));
  const RespValue report = client.call({"HOTKEYS", "GET"});
  CHECK(entry_of(report, longest)->find("cut")->text == "0");
  CHECK(client.call({"HOTKEYS", "RESET"}).text == "OK");
  CHECK(eventually([&] {
    repeat(client, {"GET", longest + "\r\n"}, 100);
    const RespValue now = client.call({"HOTKEYS", "GET"});
    const RespValue* const entry = entry_of(now, longest);
    return entry && entry->find("cut")->text == "1";
  }));
}

TEST_CASE_TEMPLATE("HOTKEYS GET: of a cached key it says so", Server, EVERY_TRACKER) {
  Cached<Server> cached(2);
  RespClient client = cached.proxy.client();
  REQUIRE(comes_to_be_cached(client, "k", cached));
  CHECK(eventually([&] {
    repeat(client, {"SET", "k", "v"}, 10);
    repeat(client, {"GET", "k"}, 10);
    const RespValue report = client.call({"HOTKEYS", "GET"});
    const RespValue* const entry = entry_of(report, "k");
    return entry && entry->find("cached")->text == "1";
  }));
}

TEST_CASE("HOTKEYS RESET: what was hot is forgotten by all workers, what is cached stays") {
  Cached cached(4, {"hot_keys: { detect: true, report: { rate: 50 } }"});
  std::vector<RespClient> clients = clients_of(cached.proxy);
  REQUIRE(comes_to_be_cached(clients[0], "k", cached));
  for (RespClient& client : clients) {
    REQUIRE(eventually([&] {
      repeat(client, {"SET", "w", "v"}, 100);
      const RespValue report = client.call({"HOTKEYS", "GET"});
      const RespValue* const entry = entry_of(report, "w");
      return entry && is_hot_by(*entry, "writes");
    }));
  }
  const double admitted = cached.proxy.metric("slotway_cache_keys_admitted_total");
  REQUIRE(clients[0].call({"HOTKEYS", "RESET"}).text == "OK");
  for (RespClient& client : clients) {
    CHECK(entry_of(client.call({"HOTKEYS", "GET"}), "w") == nullptr);
  }
  const int64_t before = cached.calls("get");
  clients[0].call({"GET", "k"});
  CHECK(cached.calls("get") == before);
  CHECK(cached.proxy.metric("slotway_cache_keys_admitted_total") == admitted);
}

TEST_CASE_TEMPLATE(
    "HOTKEYS PIN: keys of the pattern are cached at once, on all workers, until UNPIN", Server,
    EVERY_TRACKER) {
  Cached<Server> cached(4,
                        {"hot_keys: { detect: true, rules: [ { match: \"p*\", cache: never } ] }"});
  std::vector<RespClient> clients = clients_of(cached.proxy);
  const auto is_admitted = [&] { return cached.proxy.metric("slotway_cache_keys") > 0; };
  for (RespClient& client : clients) client.call({"GET", "pinned"});
  CHECK(clients[0].call({"HOTKEYS", "PIN", "pin*"}).to_string() == ":1");
  CHECK(clients[1].call({"HOTKEYS", "PIN", "pin*"}).to_string() == ":0");
  CHECK(clients[2].call({"HOTKEYS", "GET"}).find("pinned")->texts() ==
        std::vector<std::string>{"pin*"});
  for (RespClient& client : clients) CHECK(comes_to_be_cached(client, "pinned", cached));
  CHECK(is_admitted());

  CHECK(clients[3].call({"HOTKEYS", "UNPIN", "pin*"}).to_string() == ":1");
  CHECK(clients[3].call({"HOTKEYS", "UNPIN", "pin*"}).to_string() == ":0");
  CHECK(clients[2].call({"HOTKEYS", "GET"}).find("pinned")->items.empty());
  // The rule of the configuration holds again.
  const int64_t before = cached.calls("get");
  for (RespClient& client : clients) client.call({"GET", "pinned"});
  CHECK(cached.calls("get") == before + static_cast<int64_t>(clients.size()));
  CHECK_FALSE(is_admitted());
}

TEST_CASE("HOTKEYS PIN: holds over a reload, and while detection is off it waits") {
  const std::string off = "hot_keys: { detect: false }";
  const std::string on = "hot_keys: { detect: true }";
  Cached cached(2, {off});
  RespClient client = cached.proxy.client();
  CHECK(client.call({"HOTKEYS", "PIN", "k"}).integer() == 1);
  CHECK(client.call({"HOTKEYS", "GET"}).find("detects")->text == "0");
  for (const std::string& pool : {on, off, on}) {
    CAPTURE(pool);
    REQUIRE(cached.proxy.reload(
        {.shards = {{"a", cached.shard.address()}}, .pool = {pool}, .workers = 2}));
    const RespValue report = client.call({"HOTKEYS", "GET"});
    CHECK(report.find("pinned")->texts() == std::vector<std::string>{"k"});
    CHECK(report.find("detects")->text == (pool == on ? "1" : "0"));
    if (pool == on) CHECK(comes_to_be_cached(client, "k", cached));
  }
}

TEST_CASE("HOTKEYS: what cannot be done is refused, with the reason") {
  Cached cached(1);
  RespClient client = cached.proxy.client();
  const std::pair<Command, std::string> kRefused[] = {
      {{"HOTKEYS"}, "ERR wrong number of arguments for 'hotkeys' command"},
      {{"HOTKEYS", "nonsense"}, "ERR unknown subcommand 'nonsense'. Try HOTKEYS HELP."},
      {{"HOTKEYS", "PIN"}, "ERR wrong number of arguments for 'hotkeys|pin' command"},
      {{"HOTKEYS", "UNPIN", "a", "b"}, "ERR wrong number of arguments for 'hotkeys|unpin' command"},
      {{"HOTKEYS", "RESET", "a"}, "ERR wrong number of arguments for 'hotkeys|reset' command"},
      {{"HOTKEYS", "GET", "1", "2"},
       "ERR unknown subcommand or wrong number of arguments for 'GET'. Try HOTKEYS HELP."},
      {{"HOTKEYS", "GET", "x"}, "ERR count should be greater than or equal to 0"},
      {{"HOTKEYS", "GET", "-1"}, "ERR count should be greater than or equal to 0"},
      {{"HOTKEYS", "PIN", std::string(1025, 'p')}, "ERR a pattern has 1 to 1024 bytes"},
      {{"HOTKEYS", "PIN", ""}, "ERR a pattern has 1 to 1024 bytes"},
  };
  for (const auto& [command, error] : kRefused) {
    CAPTURE(encode_request(command));
    const RespValue reply = client.call(command);
    CHECK(reply.is_error());
    CHECK(reply.text == error);
  }
  std::string pins;
  for (int i = 0; i < 1000; ++i) {
    pins += encode_request({"HOTKEYS", "PIN", "pattern:" + std::to_string(i)});
  }
  for (const std::string& reply : client.exchange(pins, 1000)) REQUIRE(reply == ":1\r\n");
  CHECK(client.call({"HOTKEYS", "PIN", "one more"}).text ==
        "ERR at most 1000 patterns can be pinned, HOTKEYS UNPIN makes room");
  CHECK(client.call({"HOTKEYS", "PIN", "pattern:7"}).integer() == 0);
  CHECK(client.call({"HOTKEYS", "HELP"}).items.at(1).text.starts_with("GET"));
}

TEST_CASE("HOTKEYS: not for who only reads") {
  // The password is "r".
  const std::string users =
      "users: { default: { password_sha256: "
      "\"454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1\", readonly: true } }";
  Cached cached(1, {kCacheAll, users});
  RespClient client = cached.proxy.client();
  CHECK(client.call({"HOTKEYS", "GET"}).text == "NOAUTH Authentication required.");
  REQUIRE(client.call({"AUTH", "r"}).text == "OK");
  for (const Command& command :
       {Command{"HOTKEYS", "GET"}, Command{"HOTKEYS", "RESET"}, Command{"HOTKEYS", "PIN", "k"},
        Command{"HOTKEYS", "UNPIN", "k"}}) {
    CHECK(client.call(command).text.starts_with("NOPERM"));
  }
}

TEST_CASE("HOTKEYS GET: replies make a key hot by its bytes, however few its requests are") {
  // So many requests a second are out of reach: bytes alone are left.
  Cached cached(2,
                {"hot_keys: { detect: true, report: { rate: 1000000000 }, cache: { mode: off } }"});
  RespClient client = cached.proxy.client();
  cached.direct().call({"SET", "large", std::string(1 << 20, 'x')});
  int64_t bytes = 0;
  REQUIRE(eventually([&] {
    repeat(client, {"GET", "large"}, 5);
    repeat(client, {"GET", "small"}, 50);
    const RespValue report = client.call({"HOTKEYS", "GET"});
    const RespValue* const entry = entry_of(report, "large");
    if (!entry || !is_hot_by(*entry, "bytes")) return false;
    bytes = entry->find("bytes")->integer();
    return !is_hot_by(*entry, "requests") && entry->find("requests")->integer() > 0 &&
           report.find("bytes")->integer() > 4 << 20;
  }));
  CHECK(bytes > 4 << 20);
  const RespValue report = client.call({"HOTKEYS", "GET"});
  const RespValue* const small = entry_of(report, "small");
  if (small) CHECK_FALSE(is_hot_by(*small, "bytes"));
}

TEST_CASE_TEMPLATE("hot keys: what the cache answers counts, and never comes to the sketch", Server,
                   EVERY_TRACKER) {
  Cached<Server> cached(
      2, {"hot_keys: { detect: true, report: { rate: 50 }, rules: [ { match: \"*\", cache: "
          "always } ] }"});
  RespClient client = cached.proxy.client();
  const std::string value(1000, 'v');
  cached.direct().call({"SET", "k", value});
  REQUIRE(comes_to_be_cached(client, "k", cached));
  const int64_t asked = cached.calls("get");
  const double updates = cached.proxy.metric("slotway_hot_key_sketch_updates_total");
  REQUIRE(eventually([&] {
    repeat(client, {"GET", "k"}, 100);
    const RespValue report = client.call({"HOTKEYS", "GET"});
    const RespValue* const entry = entry_of(report, "k");
    return entry && is_hot_by(*entry, "requests") && entry->find("cached")->text == "1" &&
           entry->find("bytes")->integer() >= 1000 * 50;
  }));
  const double hits = cached.proxy.metric("slotway_cache_hits_total");
  const double misses = static_cast<double>(cached.calls("get") - asked);
  CHECK(hits > 100);
  // What was fetched anew, and what the last 100 ms of before have left.
  CHECK(cached.proxy.metric("slotway_hot_key_sketch_updates_total") - updates <= 20 + 4 * misses);
  CHECK(misses < hits / 10);
}

TEST_CASE_TEMPLATE("hot keys: what waits for a fetch counts, too", Server, EVERY_TRACKER) {
  Cached<Server> cached(2);
  RespClient client = cached.proxy.client();
  double sent = 0;
  REQUIRE(eventually([&] {
    for (int i = 0; i < 50; ++i) {
      const std::string key = std::to_string(sent);
      for (int times = 0; times < 3; ++times, ++sent) client.call({"GET", key});
    }
    return cached.proxy.metric("slotway_cache_misses_total") >= 50;
  }));
  // All but the hits come to the sketch.
  CHECK(cached.proxy.metric_reaches(sent - cached.proxy.metric("slotway_cache_hits_total"),
                                    "slotway_hot_key_sketch_updates_total"));
}

TEST_CASE("hot keys: metrics name those that are hot, and how long they took to be found") {
  Cached cached(2, {kDetectOnly});
  RespClient client = cached.proxy.client();
  const std::string ugly = "bytes \r\n\"" + std::string(70, 'x');
  const auto rate = [&](const std::string& label) {
    return cached.proxy.metric("slotway_hot_key_requests_per_second", label);
  };
  // Both at once: what was hot first may have cooled by the time that the other is.
  CHECK(eventually([&] {
    repeat(client, {"GET", "plain"}, 50);
    repeat(client, {"SET", ugly, "v"}, 50);
    return rate("key=\"plain\"") > 0 &&
           rate("key=\"bytes \\\\x0d\\\\x0a\\\"" + std::string(64 - 9, 'x') + "\"") > 0;
  }));
  CHECK(rate("pool=\"main\"") > 0);
  CHECK(cached.proxy.metric("slotway_hot_key_sampling_ratio", "pool=\"main\"") == 1);
  CHECK(cached.proxy.metric_reaches(2, "slotway_hot_key_detection_delay_seconds_count"));
  CHECK(cached.proxy.metric_reaches(100, "slotway_hot_key_sketch_updates_total"));

  const std::string redacted =
      "hot_keys: { detect: true, report: { rate: 50 }, cache: { mode: off }, redact_keys: true }";
  REQUIRE(cached.proxy.reload(
      {.shards = {{"a", cached.shard.address()}}, .pool = {redacted}, .workers = 2}));
  REQUIRE(becomes_hot(client, {"GET", "plain"}, "requests"));
  CHECK(eventually([&] {
    repeat(client, {"GET", "plain"}, 50);
    const std::string text = http_get(cached.proxy.admin_port(), "/metrics").body;
    return text.find("slotway_hot_key_requests_per_second{") != std::string::npos &&
           text.find("plain") == std::string::npos;
  }));
}

}  // namespace slotway::tests
