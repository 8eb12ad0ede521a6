#include "proxy/hotkeys/operators.h"

#include <fmt/format.h>

#include <utility>

#include "metrics/log.h"
#include "proxy/hotkeys/key_hash.h"
#include "proxy/server.h"
#include "proxy/worker.h"
#include "wire/utf8.h"

namespace slotway::proxy {

namespace {

// Of `task(HotKeys&)` on each worker.
template <typename Task>
void post_to_workers(Server& server, const std::string& pool, Task task) {
  for (const auto& each : server.workers()) {
    each->loop().post([worker = each.get(), pool, task] {
      worker->read_clock();
      if (Pool* const there = worker->pool_named(pool)) task(there->hot_keys());
    });
  }
}

// `word` is "pinned" or "unpinned".
void audit_change(const std::string& pool, const HotKeysShared& shared, std::string_view pattern,
                  std::string_view word, std::string_view by) {
  const bool redacts = shared.redacts.load(std::memory_order_relaxed);
  metrics::log::audit(fmt::format(
      "hot keys of pool {}: '{}' is {}, by {}", pool,
      redacts ? shown_hash(key_hash(pattern, shared.seed)) : wire::as_utf8(pattern), word, by));
}

Error no_pool(const std::string& pool) { return {"ERR", "there is no pool '" + pool + "'"}; }

}  // namespace

std::string shown_hash(uint64_t hash) { return fmt::format("{:016x}", hash); }

HotKeysReport report_hot_keys(HotKeysShared& pool, size_t most) {
  hotkeys::Snapshot sum = pool.reports.sum(most);
  HotKeysReport report{.detects = sum.at != 0,
                       .requests = sum.requests,
                       .writes = sum.writes,
                       .bytes = sum.bytes,
                       .at = sum.at,
                       .weight = sum.weight,
                       .keys = {},
                       .pinned = {}};
  for (std::string& pattern : pool.pinned.list()) {
    const uint64_t hash = key_hash(pattern, pool.seed);
    report.pinned.push_back({std::move(pattern), hash});
  }
  for (hotkeys::HotKey& key : sum.keys) {
    const bool is_cached = pool.versions.find(key.hash) != nullptr;
    report.keys.push_back({std::move(key), is_cached});
  }
  return report;
}

std::optional<metrics::HotKeyRates> hot_key_rates(const std::string& pool,
                                                  const HotKeysShared& shared) {
  hotkeys::Snapshot sum = shared.reports.sum(SIZE_MAX);
  if (sum.at == 0) return std::nullopt;
  metrics::HotKeyRates rates{.pool = pool, .weight = sum.weight, .keys = {}};
  const bool redacts = shared.redacts.load(std::memory_order_relaxed);
  for (hotkeys::HotKey& key : sum.keys) {
    if (key.hot == 0) continue;
    std::string name = redacts ? shown_hash(key.hash) : std::move(key.key);
    rates.keys.push_back({std::move(name), key.requests});
  }
  return rates;
}

std::vector<std::string_view> hot_by(const hotkeys::HotKey& key) {
  std::vector<std::string_view> measures;
  if (key.hot_by(hotkeys::kRequests)) measures.emplace_back("requests");
  if (key.hot_by(hotkeys::kWrites)) measures.emplace_back("writes");
  if (key.hot_by(hotkeys::kBytes)) measures.emplace_back("bytes");
  return measures;
}

Result<bool> pin_hot_keys(Server& server, const std::string& pool, std::string_view pattern,
                          std::string_view by) {
  HotKeysShared* const shared = server.hot_keys_of(pool);
  if (!shared) return no_pool(pool);
  Result<bool> is_new = shared->pinned.add(pattern);
  if (is_new.ok() && *is_new) {
    audit_change(pool, *shared, pattern, "pinned", by);
    post_to_workers(server, pool, [](HotKeys& hot_keys) { hot_keys.follow_pinned(false); });
  }
  return is_new;
}

Result<bool> unpin_hot_keys(Server& server, const std::string& pool, std::string_view pattern,
                            std::string_view by) {
  HotKeysShared* const shared = server.hot_keys_of(pool);
  if (!shared) return no_pool(pool);
  const bool was_there = shared->pinned.remove(pattern);
  if (was_there) {
    audit_change(pool, *shared, pattern, "unpinned", by);
    post_to_workers(server, pool, [](HotKeys& hot_keys) { hot_keys.follow_pinned(true); });
  }
  return was_there;
}

Status reset_hot_keys(Server& server, const std::string& pool, std::string_view by) {
  if (!server.hot_keys_of(pool)) return no_pool(pool);
  metrics::log::audit(fmt::format("hot keys of pool {}: forgotten, by {}", pool, by));
  post_to_workers(server, pool, [](HotKeys& hot_keys) { hot_keys.forget_hot(); });
  return success();
}

}  // namespace slotway::proxy
