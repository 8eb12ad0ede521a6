#include "config/hot_keys.h"

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

constexpr std::array<std::string_view, 2> kModes = {"tracked", "off"};
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
  section.read("mode", Word<HotKeys::Cache::Mode, 2>{kModes}, cache.mode);
  section.read("memory", Size{kLeastMemory, kMostMemory}, cache.memory);
  section.read("entries", Count{1, kMostEntries}, cache.entries);
  section.read("max_reply", Size{1, kMostReply}, cache.max_reply);
  section.read("max_ttl", Duration{kShortestTtl}, cache.max_ttl);
  section.read("staleness", Duration{kShortestStaleness}, cache.staleness);
}

void read_rule(Reading& reading, const Field& field, HotKeys& hot_keys) {
  const Section section(reading.fault, field, {"match", "cache", "max_ttl"});
  HotKeys::Rule rule;
  if (!section.require("match", "a pattern of keys")) return;
  section.read("match", parse_text, rule.match);
  section.read("cache", Word<HotKeys::Rule::Cache, 3>{kRuleCaches}, rule.cache);
  section.read("max_ttl", Duration{kShortestTtl}, rule.max_ttl);
  hot_keys.rules.push_back(std::move(rule));
}

}  // namespace

void read_hot_keys(Reading& reading, const Field& field, HotKeys& hot_keys) {
  const Section section(reading.fault, field, {"detect", "report", "cache", "rules"});
  section.read("detect", parse_flag, hot_keys.detect);
  if (const auto report = section.find("report")) read_report(reading, *report, hot_keys.report);
  if (const auto cache = section.find("cache")) read_cache(reading, *cache, hot_keys.cache);
  const auto rules = section.find("rules");
  if (!rules) return;
  for (const Field& item : one_or_more(reading.fault, *rules)) {
    if (hot_keys.rules.size() == kMostRules) {
      note_unexpected(reading.fault, item,
                      "expected at most " + std::to_string(kMostRules) + " rules");
      return;
    }
    read_rule(reading, item, hot_keys);
  }
}

}  // namespace slotway::config
