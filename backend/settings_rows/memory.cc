// Settings of the memory that keys may take, and of what happens at its end.
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

constexpr SettingRow kRows[] = {
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
