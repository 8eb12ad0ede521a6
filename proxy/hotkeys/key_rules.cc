#include "proxy/hotkeys/key_rules.h"

#include <algorithm>

#include "wire/glob.h"

namespace slotway::proxy {

Result<bool> PinnedPatterns::add(std::string_view pattern) {
  if (pattern.empty() || pattern.size() > kLongest) {
    return Error{"ERR", "a pattern has 1 to " + std::to_string(kLongest) + " bytes"};
  }
  const std::scoped_lock lock(mutex_);
  if (std::ranges::count(patterns_, pattern) > 0) return false;
  if (patterns_.size() == kMost) {
    return Error{"ERR", "at most " + std::to_string(kMost) +
                            " patterns can be pinned, HOTKEYS UNPIN makes room"};
  }
  patterns_.emplace_back(pattern);
  return true;
}

bool PinnedPatterns::remove(std::string_view pattern) {
  const std::scoped_lock lock(mutex_);
  return std::erase(patterns_, pattern) > 0;
}

std::vector<std::string> PinnedPatterns::list() const {
  const std::scoped_lock lock(mutex_);
  return patterns_;
}

void KeyRules::follow(std::vector<std::string> pinned, const config::HotKeys& settings) {
  pinned_ = std::move(pinned);
  rules_ = settings.rules;
  max_ttl_ = settings.cache.max_ttl;
}

KeyRules::Rule::Cache KeyRules::cache_of(std::string_view key) const {
  const bool is_pinned = std::ranges::any_of(
      pinned_, [&](const std::string& pattern) { return wire::glob_match(pattern, key); });
  if (is_pinned) return Rule::Cache::kAlways;
  const Rule* const rule = of(key);
  return rule ? rule->cache : Rule::Cache::kByHeat;
}

const KeyRules::Rule* KeyRules::of(std::string_view key) const {
  const auto rule = std::ranges::find_if(
      rules_, [&](const Rule& each) { return wire::glob_match(each.match, key); });
  return rule == rules_.end() ? nullptr : &*rule;
}

uint64_t KeyRules::max_ttl_ns(std::string_view key) const {
  const Rule* const rule = of(key);
  const bool has_own = rule && rule->max_ttl > std::chrono::milliseconds(0);
  const std::chrono::nanoseconds ttl = has_own ? rule->max_ttl : max_ttl_;
  return static_cast<uint64_t>(ttl.count());
}

}  // namespace slotway::proxy
