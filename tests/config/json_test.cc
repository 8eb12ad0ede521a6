#include "config/json.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/config/parse.h"

namespace slotway::config {

namespace {

using Json = nlohmann::ordered_json;

// A file that sets everything, to what is not the default.
const std::string kEverything = R"(
admin: { address: "[::1]:9181", token: my-secret-token }
workers: 3
log: { level: warn, format: json, audit: true }
pools:
  main:
    listen: [127.0.0.1:6381, unix:/run/x.sock]
    users:
      default: { password_sha256_file: /run/hashes, readonly: true }
      app: { password_sha256_file: hash }
    protected: false
    allow_gaps: true
    upstream: { user: slotway, password_file: /run/pass }
    shards:
      a: { primary: redis-a:1, replicas: ["[::1]:2", unix:/run/y.sock], slots: [0-9, 12] }
      b: { primary: b:1, slots: 13-16383, upstream: { password_file: /run/other } }
    read_from: nearest
    announce: [p:1, q:2]
    timeouts: { connect: 1ms, request: 1500ms, stall: 1m, partial: 2s, stalled: 3s, idle: 1h }
    limits: { clients: 5, bulk_size: 1MiB, request_size: 2MiB, pinned_connections: 6,
              pending_requests: 7, output_buffer: 3MiB }
    hot_keys:
      detect: false
      report: { share: 12.345%, rate: 77 }
      cache: { mode: ttl, memory: 2MiB, entries: 9, max_reply: 1KiB, max_ttl: 20ms, staleness: 60ms }
      webhook: https://hooks.example:8443/T0KEN?a=b
      redact_keys: true
      rules:
        - { match: "a:*", cache: always, max_ttl: 11s, read_limit: 5/s, write_limit: 6/s }
        - { match: "b:*", cache: never }
  other: { listen: 127.0.0.1:6382, shards: { a: { primary: embedded } } }
)";

// As a file: without what is not set, and with secrets that can be read.
Json as_file(const Json& json) {
  if (!json.is_structured()) return json;
  Json kept = json.is_object() ? Json::object() : Json::array();
  for (const auto& [key, value] : json.items()) {
    if (value.is_null() || (value.is_structured() && value.empty())) continue;
    Json inner = as_file(value);
    if (key == "token") inner = "my-secret-token";
    if (json.is_object()) kept[key] = inner;
    if (json.is_array()) kept.push_back(inner);
  }
  return kept;
}

// What the JSON says, read as a file, with the secrets of `config`.
Config read_back(const Config& config) {
  Json json = as_file(Json::parse(json_text(config)));
  for (auto& [name, pool] : json["pools"].items()) {
    for (auto& [user, entry] : pool["users"].items()) entry["password_sha256"] = kSecretHash;
    if (pool["users"].empty()) pool.erase("users");
    for (auto& [shard, entry] : pool["shards"].items()) {
      if (entry.contains("upstream")) entry["upstream"]["password_file"] = "/run/pass";
    }
    // Put back below.
    pool["hot_keys"].erase("webhook");
  }
  Config back = parsed(json.dump());
  for (size_t i = 0; i < config.pools.size(); ++i) {
    const Pool& before = config.pools[i];
    Pool& pool = back.pools[i];
    pool.hot_keys.webhook = before.hot_keys.webhook;
    for (size_t j = 0; j < before.users.size(); ++j) {
      CHECK(Json::parse(json_text(
                config))["pools"][pool.name]["users"][pool.users[j].name]["password_sha256"]
                .size() == before.users[j].passwords.size());
      pool.users[j].passwords = before.users[j].passwords;
    }
    for (size_t j = 0; j < before.shards.size(); ++j) {
      pool.shards[j].credentials.password = before.shards[j].credentials.password;
    }
  }
  return back;
}

void keys_of(const Json& json, std::set<std::string>& keys) {
  if (!json.is_structured()) return;
  for (const auto& [key, value] : json.items()) {
    if (json.is_object()) keys.insert(key);
    keys_of(value, keys);
  }
}

}  // namespace

TEST_CASE("the configuration as JSON is a file that means the same") {
  const Config everything = parsed(kEverything);
  CHECK(read_back(everything) == everything);
  const Config least = parsed("pools: { main: { shards: { a: { primary: embedded } } } }");
  CHECK(read_back(least) == least);
  const Config off = parsed("admin: off\npools: { main: { shards: { a: { primary: a:1 } } } }");
  CHECK(read_back(off) == off);
}

TEST_CASE("the defaults are spelled out") {
  const Json json =
      Json::parse(json_text(parsed("pools: { main: { shards: { a: { primary: embedded } } } }")));
  CHECK(json["admin"] == Json::parse(R"({"address":"127.0.0.1:9180","token":null})"));
  const Json& pool = json["pools"]["main"];
  CHECK(pool["listen"] == Json::array({"127.0.0.1:6380"}));
  CHECK(pool["timeouts"]["request"] == "2s");
  CHECK(pool["timeouts"]["idle"] == "0s");
  CHECK(pool["limits"]["bulk_size"] == 512u << 20);
  CHECK(pool["hot_keys"]["report"]["share"] == "0.1%");
  CHECK(pool["shards"]["a"]["slots"] == Json::array({"0-16383"}));
}

TEST_CASE("no secret is shown") {
  const std::string text = json_text(parsed(kEverything));
  for (const std::string& secret :
       {std::string("my-secret-token"), std::string("secret\""), std::string("other secret"),
        kSecretHash, kOtherHash, std::string("T0KEN"), std::string("a=b")}) {
    CAPTURE(secret);
    CHECK(text.find(secret) == std::string::npos);
  }
  CHECK(text.find("\"https://hooks.example:8443/(redacted)\"") != std::string::npos);
}

// Every setting stands in that file, be it in a comment.
TEST_CASE("each setting of the example is there") {
  std::ifstream file(std::string(SLOTWAY_EXAMPLES) + "/production.yaml");
  std::set<std::string> shown = {"auth", "user", "password_file", "password_sha256_file",
                                 "token_file"};
  keys_of(Json::parse(json_text(parsed(kEverything))), shown);
  size_t settings = 0;
  for (std::string line; std::getline(file, line);) {
    line.erase(0, line.find_first_not_of(" -#"));
    const size_t colon = line.find(':');
    const std::string key = line.substr(0, colon);
    const bool is_word =
        !key.empty() && key.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos;
    if (colon == std::string::npos || !is_word || key.size() == 1) continue;
    // Names of the operator's, and words of the remarks.
    if (std::set<std::string>{"http", "unix", "true", "reports", "default", "main"}.contains(key)) {
      continue;
    }
    CAPTURE(key);
    CHECK(shown.contains(key));
    ++settings;
  }
  CHECK(settings > 30);
}

}  // namespace slotway::config
