// The words by which hot keys are told to others: JSON, valid whatever bytes a key holds. Plain
// functions; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/hotkeys/news.h"
#include "proxy/hotkeys/operators.h"

namespace slotway::proxy::hotkeys {

// How keys and pinned patterns are shown: as they are, or, for readers who may not know them, by a
// hash in hexadecimal that is another one after a restart; then `encoding` is "hash".
enum class KeysShown : uint8_t { kPlain, kHashed };

// {"event":"hot","pool":"main","key":"a","encoding":"utf8","cut":false,"by":["requests"],
//  "requests_per_second":700,"writes_per_second":0,"bytes_per_second":3500,"share":0.21,
//  "at_ms":1700000000000}
//
// `event` is "hot" or "cool", `by` some of "requests", "bytes", "writes", `at_ms` Unix time. A key
// that is no UTF-8 comes in base64, and `encoding` says so.
std::string message(const NewsItem& item, std::string_view pool, uint64_t at_ms, KeysShown shown);

// {"pool":"main","events":[message, ...]}: the body of one POST of the webhook.
std::string batch(std::string_view pool, std::span<const std::string> messages);

// The page /api/v1/hotkeys: {"at_ms":...,"pools":[{"pool":"main","detects":true,
// "requests_per_second":...,"writes_per_second":...,"bytes_per_second":...,"one_sampled_of":1,
// "pinned":[{"pattern":"a*","encoding":"utf8"}],"keys":[...]}]}, with each key as in a message,
// which "shard" owns it (null: none, or it is not known, for the key is cut), and whether it is
// "cached"; `by` is empty where it is only among the hottest, and where it is not, "since_unix_ms"
// says since when it is hot.
struct PoolReport {
  std::string pool;
  HotKeysReport report;
  KeysShown shown = KeysShown::kPlain;
  // Gives the name of the shard that owns a key; empty: none.
  std::function<std::string(std::string_view key)> shard_of;
};
std::string page(std::span<const PoolReport> pools, uint64_t at_ms);

}  // namespace slotway::proxy::hotkeys
