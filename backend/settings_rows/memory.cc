// Settings of the memory that keys may take, and of what happens at its end.
#include "backend/page_occupancy.h"
#include "backend/settings_rows/rows.h"
#include "backend/settings_rows/values.h"

namespace slotway::backend {

namespace {

constexpr std::string_view kPolicies[] = {"volatile-lru",   "volatile-lfu", "volatile-random",
                                          "volatile-ttl",   "allkeys-lru",  "allkeys-lfu",
                                          "allkeys-random", "noeviction"};

// Bytes, or a share of maxmemory: "5%".
std::string set_client_memory(Settings& settings, std::string_view text) {
  if (const auto bytes = parse_bytes(text)) {
    if (*bytes > INT64_MAX) return must_lie(-100, INT64_MAX);
    settings.max_client_memory = static_cast<int64_t>(*bytes);
    return {};
  }
  if (text.size() < 2 || !text.ends_with('%')) return "argument must be a memory or percent value";
  const auto percent = wire::parse_integer(text.substr(0, text.size() - 1));
  if (!percent || *percent < 0) return "argument must be a memory or percent value";
  if (*percent > 100) return "percentage argument must be less or equal to 100";
  settings.max_client_memory = -*percent;
  return {};
}

std::string get_client_memory(const Settings& settings) {
  const int64_t value = settings.max_client_memory;
  return value < 0 ? std::to_string(-value) + "%" : std::to_string(value);
}

// On at first, where the allocator can be asked; where it cannot, off, and whoever says "yes" is
// refused: CONFIG SET with an error, and a file or a command line by an end at the start, as by a
// redis-server without its own jemalloc.
std::string get_active_defrag(const Settings& settings) {
  return settings.active_defrag && page_occupancy_is_known() ? "yes" : "no";
}

std::string set_active_defrag(Settings& settings, std::string_view text) {
  constexpr SettingRow kPlain = yes_or_no<&Settings::active_defrag>("activedefrag");
  const std::string wrong = kPlain.set(settings, text);
  if (!wrong.empty() || !settings.active_defrag || page_occupancy_is_known()) return wrong;
  return "Active defragmentation cannot be enabled: it needs mimalloc 2.0.9 as the allocator";
}

constexpr SettingRow kRows[] = {
    number<&Settings::defrag_cycle_max, 1, 99>("active-defrag-cycle-max"),
    number<&Settings::defrag_cycle_min, 1, 99>("active-defrag-cycle-min"),
    bytes<&Settings::defrag_ignore_bytes, 1, INT64_MAX>("active-defrag-ignore-bytes"),
    number<&Settings::defrag_threshold_lower, 0, 1000>("active-defrag-threshold-lower"),
    number<&Settings::defrag_threshold_upper, 0, 1000>("active-defrag-threshold-upper"),
    {.name = "activedefrag", .get = &get_active_defrag, .set = &set_active_defrag},
    number<&Settings::lfu_decay_minutes, 0, INT32_MAX>("lfu-decay-time"),
    number<&Settings::lfu_log_factor, 0, INT32_MAX>("lfu-log-factor"),
    bytes<&Settings::max_memory, 0, UINT64_MAX>("maxmemory"),
    {.name = "maxmemory-clients", .get = &get_client_memory, .set = &set_client_memory},
    number<&Settings::eviction_tenacity, 0, 100>("maxmemory-eviction-tenacity"),
    one_of<&Settings::eviction_policy, kPolicies>("maxmemory-policy"),
    number<&Settings::eviction_samples, 1, INT32_MAX>("maxmemory-samples"),
    yes_or_no<&Settings::lazy_eviction>("lazyfree-lazy-eviction"),
    yes_or_no<&Settings::lazy_expiry>("lazyfree-lazy-expire"),
    yes_or_no<&Settings::lazy_replacement>("lazyfree-lazy-server-del"),
    yes_or_no<&Settings::lazy_deletion>("lazyfree-lazy-user-del"),
    yes_or_no<&Settings::lazy_flush>("lazyfree-lazy-user-flush"),
};

}  // namespace

std::span<const SettingRow> memory_setting_rows() { return kRows; }

}  // namespace slotway::backend
