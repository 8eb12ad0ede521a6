// HotKeyMetrics: what one worker counts of hot keys and of the cache that serves them.
//
// One list of what there is, for the cells, their sum and what the exporter says of each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/counter.h"
#include "metrics/histogram.h"

namespace slotway::metrics {

enum class HotKeyCount : uint8_t {
  kHits,
  kMisses,
  kFetches,
  kJoined,
  kNotFetched,
  kInvalidations,
  kBypassedOrder,
  kBypassedSession,
  kBypassedShard,
  kAdmitted,
  kEvicted,
  kBackedOff,
  kAudits,
  kStale,
  kRefusedReads,
  kRefusedWrites,
  kSketchUpdates,
  kMessages,
  kWebhookSent,
  kWebhookDropped,
  kWebhookFailed,
};

struct HotKeyCountText {
  HotKeyCount count;
  std::string_view name;    // of the metric, a literal
  std::string_view reason;  // the value of its label `reason`; empty: it has none
  std::string_view help;    // a literal
};

// In the order of HotKeyCount; those of one name stand together.
inline constexpr auto kHotKeyCounts = std::to_array<HotKeyCountText>({
    {HotKeyCount::kHits, "slotway_cache_hits_total", "", "Requests answered from the cache."},
    {HotKeyCount::kMisses, "slotway_cache_misses_total", "",
     "Requests of cached keys that waited for a fetch."},
    {HotKeyCount::kFetches, "slotway_cache_fetches_total", "", "Fetches from a shard."},
    {HotKeyCount::kJoined, "slotway_cache_fetches_joined_total", "",
     "Misses that joined a fetch which was under way."},
    {HotKeyCount::kNotFetched, "slotway_cache_fetches_failed_total", "",
     "Misses that could not be fetched and went to the shard."},
    {HotKeyCount::kInvalidations, "slotway_cache_invalidations_total", "",
     "Keys that a shard said have changed."},
    {HotKeyCount::kBypassedOrder, "slotway_cache_bypassed_total", "order",
     "Requests of cached keys that went to the shard."},
    {HotKeyCount::kBypassedSession, "slotway_cache_bypassed_total", "session",
     "Requests of cached keys that went to the shard."},
    {HotKeyCount::kBypassedShard, "slotway_cache_bypassed_total", "shard",
     "Requests of cached keys that went to the shard."},
    {HotKeyCount::kAdmitted, "slotway_cache_keys_admitted_total", "", "Keys that became cached."},
    {HotKeyCount::kEvicted, "slotway_cache_keys_evicted_total", "idle",
     "Keys that are not cached any more."},
    {HotKeyCount::kBackedOff, "slotway_cache_keys_evicted_total", "written",
     "Keys that are not cached any more."},
    {HotKeyCount::kAudits, "slotway_cache_audits_total", "",
     "Cached replies that were compared with what the shard has."},
    {HotKeyCount::kStale, "slotway_cache_stale_total", "",
     "Of these, those that were not what the shard has: a fault of the proxy."},
    {HotKeyCount::kRefusedReads, "slotway_hot_key_refused_total", "read_limit",
     "Requests of keys over the limit of their rule."},
    {HotKeyCount::kRefusedWrites, "slotway_hot_key_refused_total", "write_limit",
     "Requests of keys over the limit of their rule."},
    {HotKeyCount::kSketchUpdates, "slotway_hot_key_sketch_updates_total", "",
     "What was counted in the sketches that find hot keys."},
    {HotKeyCount::kMessages, "slotway_hot_key_messages_total", "",
     "Messages of keys that became hot, or are so no longer."},
    {HotKeyCount::kWebhookSent, "slotway_webhook_messages_sent_total", "",
     "Of these, those that the webhook took."},
    {HotKeyCount::kWebhookDropped, "slotway_webhook_messages_dropped_total", "",
     "Of these, those that were not sent: too many waited, or the webhook changed."},
    {HotKeyCount::kWebhookFailed, "slotway_webhook_messages_failed_total", "",
     "Of these, those that the webhook did not take."},
});

struct alignas(64) HotKeyMetrics {
  std::array<Counter, kHotKeyCounts.size()> counts;
  Gauge keys;   // that the worker owns
  Gauge bytes;  // of what it has fetched of them
  Histogram detection_delay;

  void add(HotKeyCount count, uint64_t n = 1) noexcept {
    counts[static_cast<size_t>(count)].add(n);
  }
};

// HotKeyMetrics of all threads.
struct HotKeySum {
  std::array<uint64_t, kHotKeyCounts.size()> counts{};
  int64_t keys = 0;
  int64_t bytes = 0;
  HistogramSnapshot detection_delay;
};

// What is hot in one pool now.
struct HotKeyRates {
  struct Key {
    std::string key;  // or what stands for it
    double requests;  // a second
  };
  std::string pool;
  uint32_t weight = 1;  // one request in so many is looked at
  std::vector<Key> keys;
};

// What is shown of them: at most 20 keys of all pools, those with the most requests. Of a key 64
// bytes, what is no printable ASCII as \xHH, a backslash as two; keys that look alike then are one.
struct HotKeySeries {
  std::string pool;
  std::string key;
  double requests;
};
std::vector<HotKeySeries> hot_key_series(const std::vector<HotKeyRates>& pools);

}  // namespace slotway::metrics
