// What operators see of a pool's hot keys, and tell it to do: for the command HOTKEYS and for HTTP.
// Any thread, once the server serves. What is told reaches each worker through its loop: what is
// posted there afterwards finds it done.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/hot_key_metrics.h"
#include "proxy/hotkeys/report.h"
#include "proxy/hotkeys/shared.h"
#include "wire/result.h"

namespace slotway::proxy {

class Server;

struct HotKeysReport {
  struct Key {
    hotkeys::HotKey key;
    bool is_cached;  // the next read is answered from the cache, or fetched for it
  };
  struct Pinned {
    std::string pattern;
    uint64_t hash;  // as of a key
  };
  bool detects;  // false: it is off, and the rest is empty
  double requests;
  double writes;
  double bytes;           // each a second, of all keys
  uint64_t at;            // ns, like HotKey::hot_since
  uint32_t weight;        // the workers look at one request in so many, or more
  std::vector<Key> keys;  // the hottest first
  std::vector<Pinned> pinned;
};

// At most `most` keys. As of the last 100 ms.
HotKeysReport report_hot_keys(HotKeysShared& pool, size_t most);

// What stands for a key that may not be shown.
std::string shown_hash(uint64_t hash);

// The keys that are hot, for metrics: their names, or with `redact_keys` their hashes. Nothing if
// the pool looks for none.
std::optional<metrics::HotKeyRates> hot_key_rates(const std::string& pool,
                                                  const HotKeysShared& shared);

// "requests", "writes", "bytes": the measures by which it is hot.
std::vector<std::string_view> hot_by(const hotkeys::HotKey& key);

// Of the next three, `by` says who asks for it, for the audit.
// All keys of the pattern are cached from now on, as by a rule in front of all rules of the
// configuration. Whether it is new; an error, "ERR ...", if it cannot be.
Result<bool> pin_hot_keys(Server& server, const std::string& pool, std::string_view pattern,
                          std::string_view by);
// The rules of the configuration hold for them again. Whether the pattern was pinned.
Result<bool> unpin_hot_keys(Server& server, const std::string& pool, std::string_view pattern,
                            std::string_view by);
// Every worker forgets which keys are hot. What is cached stays so while it is read.
Status reset_hot_keys(Server& server, const std::string& pool, std::string_view by);

}  // namespace slotway::proxy
