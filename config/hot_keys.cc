#include "config/hot_keys.h"

#include <algorithm>
#include <array>

#include "config/scalar.h"

namespace slotway::config {

namespace {

constexpr uint64_t kLeastMemory = 1 << 20;
constexpr uint64_t kMostMemory = 64ull << 30;
constexpr uint64_t kMostEntries = 8192;  // as many versions as there are
constexpr uint64_t kMostReply = 16ull << 20;
constexpr uint64_t kMostRate = 1'000'000'000;
constexpr size_t kMostRules = 1000;
constexpr std::chrono::milliseconds kShortestTtl{10};
constexpr std::chrono::milliseconds kShortestStaleness{50};  // PINGs are 20 ms apart

constexpr std::array<std::string_view, 3> kModes = {"tracked", "ttl", "off"};
constexpr std::array<std::string_view, 2> kSpreads = {"none", "replicas"};
constexpr std::array<std::string_view, 3> kRuleCaches = {"by_heat", "always", "never"};

template <typename Enum, size_t kCount>
struct Word {
  const std::array<std::string_view, kCount>& words;
  Result<Enum> operator()(std::string_view text) const {
    for (size_t i = 0; i < kCount; ++i) {
      if (words[i] == text) return static_cast<Enum>(i);
    }
    return OneOf{words}(text).error();
  }
};

void read_report(Reading& reading, const Field& field, HotKeys::Report& report) {
  const Section section(reading.fault, field, {"share", "rate"});
  section.read("share", parse_share, report.share);
  section.read("rate", Count{1, kMostRate}, report.rate);
}

void read_cache(Reading& reading, const Field& field, HotKeys::Cache& cache) {
  const Section section(reading.fault, field,
                        {"mode", "memory", "entries", "max_reply", "max_ttl", "staleness"});
  section.read("mode", Word<HotKeys::Cache::Mode, 3>{kModes}, cache.mode);
  section.read("memory", Size{kLeastMemory, kMostMemory}, cache.memory);
  section.read("entries", Count{1, kMostEntries}, cache.entries);
  section.read("max_reply", Size{1, kMostReply}, cache.max_reply);
  section.read("max_ttl", Duration{kShortestTtl}, cache.max_ttl);
  // So long clients may read what is out of date: nobody gets that without having said so.
  if (cache.mode == HotKeys::Cache::Mode::kTtl) {
    section.require("max_ttl", "how long a value may be out of date, such as 1s, in mode ttl");
  }
  section.read("staleness", Duration{kShortestStaleness}, cache.staleness);
}

template <typename T>
void read_spread(Reading& reading, const Section& section, const Pool& pool, T& spread) {
  using Spread = HotKeys::Spread;
  const auto field = section.find("spread");
  if (!field || !read_scalar(reading.fault, *field, Word<Spread, 2>{kSpreads}, spread)) return;
  if (spread == Spread::kNone) return;
  if (pool.read_from != ReadFrom::kPrimary) {
    note_unexpected(reading.fault, *field, "expected none, for read_from has replicas read anyway");
  } else if (std::ranges::all_of(pool.shards,
                                 [](const Shard& shard) { return shard.replicas.empty(); })) {
    note_unexpected(reading.fault, *field, "expected none, for no shard has replicas");
  }
}

void read_rule(Reading& reading, const Field& field, Pool& pool) {
  const Section section(reading.fault, field,
                        {"match", "cache", "max_ttl", "read_limit", "write_limit", "spread"});
  HotKeys::Rule rule;
  if (!section.require("match", "a pattern of keys")) return;
  section.read("match", parse_text, rule.match);
  section.read("cache", Word<HotKeys::Rule::Cache, 3>{kRuleCaches}, rule.cache);
  section.read("max_ttl", Duration{kShortestTtl}, rule.max_ttl);
  section.read("read_limit", parse_rate, rule.read_limit);
  section.read("write_limit", parse_rate, rule.write_limit);
  read_spread(reading, section, pool, rule.spread);
  pool.hot_keys.rules.push_back(std::move(rule));
}

}  // namespace

std::string_view name_of(HotKeys::Cache::Mode mode) { return kModes[static_cast<size_t>(mode)]; }
std::string_view name_of(HotKeys::Spread spread) { return kSpreads[static_cast<size_t>(spread)]; }
std::string_view name_of(HotKeys::Rule::Cache cache) {
  return kRuleCaches[static_cast<size_t>(cache)];
}

void read_hot_keys(Reading& reading, const Field& field, Pool& pool) {
  HotKeys& hot_keys = pool.hot_keys;
  const Section section(reading.fault, field,
                        {"detect", "report", "cache", "rules", "spread", "webhook", "redact_keys"});
  section.read("detect", parse_flag, hot_keys.detect);
  section.read("redact_keys", parse_flag, hot_keys.redact_keys);
  if (const auto report = section.find("report")) read_report(reading, *report, hot_keys.report);
  if (const auto cache = section.find("cache")) read_cache(reading, *cache, hot_keys.cache);
  read_spread(reading, section, pool, hot_keys.spread);
  section.read("webhook", parse_http_url, hot_keys.webhook);
  const auto rules = section.find("rules");
  if (!rules) return;
  for (const Field& item : one_or_more(reading.fault, *rules)) {
    if (hot_keys.rules.size() == kMostRules) {
      note_unexpected(reading.fault, item,
                      "expected at most " + std::to_string(kMostRules) + " rules");
      return;
    }
    read_rule(reading, item, pool);
  }
}

}  // namespace slotway::config
