// KeyRules: which rule holds for a key, and what operators have pinned whatever the rules say.
//
//   HOTKEYS PIN, UNPIN -> PinnedPatterns, of the pool --+
//                             its configuration --------+--> KeyRules, a copy of each worker's own
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "wire/result.h"

namespace slotway::proxy {

// Patterns of keys that are always cached, until they are taken out or the process ends. One for
// each pool; any thread.
class PinnedPatterns {
 public:
  static constexpr size_t kMost = 1000;
  static constexpr size_t kLongest = 1024;  // bytes

  // Whether it is new; an error if there are too many, or it is empty or too long.
  Result<bool> add(std::string_view pattern);
  // Whether it was there.
  bool remove(std::string_view pattern);
  // In the order in which they came.
  std::vector<std::string> list() const;

 private:
  mutable std::mutex mutex_;  // never held for a request
  std::vector<std::string> patterns_;
};

// Of one worker; one thread.
class KeyRules {
 public:
  using Rule = config::HotKeys::Rule;

  // From now on these hold. Keys of the patterns are cached; else all is as the rules of `settings`
  // have it.
  void follow(std::vector<std::string> pinned, const config::HotKeys& settings);

  bool empty() const { return rules_.empty() && pinned_.empty(); }
  // The first that matches; null if none does. Valid until follow().
  const Rule* of(std::string_view key) const;

  bool must_cache(std::string_view key) const { return cache_of(key) == Rule::Cache::kAlways; }
  bool may_cache(std::string_view key) const { return cache_of(key) != Rule::Cache::kNever; }
  // How long what is cached of the key is kept at most.
  uint64_t max_ttl_ns(std::string_view key) const;

 private:
  Rule::Cache cache_of(std::string_view key) const;

  std::vector<std::string> pinned_;
  std::vector<Rule> rules_;
  std::chrono::nanoseconds max_ttl_{0};  // where no rule says another
};

}  // namespace slotway::proxy
