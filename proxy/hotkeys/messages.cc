#include "proxy/hotkeys/messages.h"

#include <openssl/evp.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "wire/utf8.h"

namespace slotway::proxy::hotkeys {

namespace {

using Json = nlohmann::ordered_json;

std::string base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL ends it with a NUL
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(size));
  return text;
}

int64_t whole(double rate) { return std::llround(rate); }

// A key, or a pattern of keys, as the member `name`, and how it is encoded.
void add_bytes(Json& json, const char* name, std::string_view bytes, uint64_t hash,
               KeysShown shown) {
  if (shown == KeysShown::kHashed) {
    json[name] = shown_hash(hash);
    json["encoding"] = "hash";
    return;
  }
  const bool is_text = wire::is_utf8(bytes);
  json[name] = is_text ? std::string(bytes) : base64(bytes);
  json["encoding"] = is_text ? "utf8" : "base64";
}

void add_key(Json& json, const HotKey& key, KeysShown shown) {
  add_bytes(json, "key", key.key, key.hash, shown);
  json["cut"] = key.cut;
  json["by"] = hot_by(key);
  json["requests_per_second"] = whole(key.requests);
  json["writes_per_second"] = whole(key.writes);
  json["bytes_per_second"] = whole(key.bytes);
  json["share"] = std::round(key.share * 1e6) / 1e6;
}

// Strings of Json are UTF-8 here, so that nothing is replaced, and nothing thrown.
std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string message(const NewsItem& item, std::string_view pool, uint64_t at_ms, KeysShown shown) {
  Json json;
  json["event"] = item.is_hot ? "hot" : "cool";
  json["pool"] = pool;
  add_key(json, item.key, shown);
  json["at_ms"] = at_ms;
  return text_of(json);
}

std::string batch(std::string_view pool, std::span<const std::string> messages) {
  std::string text = "{\"pool\":" + text_of(Json(pool)) + ",\"events\":[";
  for (const std::string& each : messages) {
    if (text.back() == '}') text += ',';
    text += each;
  }
  return text + "]}";
}

std::string page(std::span<const PoolReport> pools, uint64_t at_ms) {
  Json json;
  json["at_ms"] = at_ms;
  json["pools"] = Json::array();
  for (const PoolReport& each : pools) {
    const HotKeysReport& report = each.report;
    Json pool;
    pool["pool"] = each.pool;
    pool["detects"] = report.detects;
    pool["requests_per_second"] = whole(report.requests);
    pool["writes_per_second"] = whole(report.writes);
    pool["bytes_per_second"] = whole(report.bytes);
    pool["one_sampled_of"] = report.weight;
    pool["pinned"] = Json::array();
    for (const HotKeysReport::Pinned& pinned : report.pinned) {
      Json row;
      add_bytes(row, "pattern", pinned.pattern, pinned.hash, each.shown);
      pool["pinned"].push_back(std::move(row));
    }
    pool["keys"] = Json::array();
    for (const HotKeysReport::Key& known : report.keys) {
      Json row;
      add_key(row, known.key, each.shown);
      const std::string shard = known.key.cut ? "" : each.shard_of(known.key.key);
      row["shard"] = shard.empty() ? Json() : Json(shard);
      row["cached"] = known.is_cached;
      if (known.key.hot != 0) {
        row["since_unix_ms"] = at_ms - (report.at - known.key.hot_since) / 1'000'000;
      }
      pool["keys"].push_back(std::move(row));
    }
    json["pools"].push_back(std::move(pool));
  }
  return text_of(json) + '\n';
}

}  // namespace slotway::proxy::hotkeys
