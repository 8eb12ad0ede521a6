// HotKeyMetrics: what one worker counts of hot keys and of the cache that serves them.
//
// One list of what there is, for the cells, their sum and what the exporter says of each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "metrics/counter.h"

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
};

struct HotKeyCountText {
  HotKeyCount count;
  std::string_view name;    // of the metric, a literal
  std::string_view reason;  // the value of its label `reason`; empty: it has none
  std::string_view help;    // a literal
};

// In the order of HotKeyCount; those of one name stand together.
inline constexpr std::array<HotKeyCountText, 14> kHotKeyCounts = {{
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
}};

struct alignas(64) HotKeyMetrics {
  std::array<Counter, kHotKeyCounts.size()> counts;
  Gauge keys;   // that the worker owns
  Gauge bytes;  // of what it has fetched of them

  void add(HotKeyCount count, uint64_t n = 1) noexcept {
    counts[static_cast<size_t>(count)].add(n);
  }
};

// HotKeyMetrics of all threads.
struct HotKeySum {
  std::array<uint64_t, kHotKeyCounts.size()> counts{};
  int64_t keys = 0;
  int64_t bytes = 0;
};

}  // namespace slotway::metrics
