// HotKeys: whether a command's keys are asked for more often than their rules allow.
#include <algorithm>

#include "proxy/hotkeys/hot_keys.h"
#include "proxy/worker.h"
#include "wire/key_extraction.h"

namespace slotway::proxy {

namespace {

using Count = metrics::HotKeyCount;
using Kind = RateLimits::Kind;

}  // namespace

std::optional<RateLimits::Limited> HotKeys::limited(Kind kind, std::string_view key) const {
  const config::HotKeys::Rule* const rule = rules_.of(key);
  if (!rule) return std::nullopt;
  const uint64_t rate = kind == Kind::kRead ? rule->read_limit : rule->write_limit;
  if (rate == 0) return std::nullopt;
  return RateLimits::Limited{hash_of(key), kind, rate};
}

// False: over a limit.
bool HotKeys::count_within_limits(const wire::Command& command, wire::Args args) {
  if (!command.names_keys) return true;
  const Kind kind = command.spec->flags & wire::kReadonly ? Kind::kRead : Kind::kWrite;
  std::vector<RateLimits::Limited> keys;  // of most commands none are limited: it allocates nothing
  const auto add = [&](std::string_view key) {
    if (const auto found = limited(kind, key)) keys.push_back(*found);
  };
  if (command.plain_keys) {
    const wire::PlainKeyPositions at = wire::plain_key_positions(command, args.size());
    for (size_t i = at.first; i <= at.last; i += at.step) add(args[i]);
  } else {
    std::vector<wire::KeyPosition>& at = worker_.key_positions();
    // What is malformed, a shard refuses.
    if (wire::extract_keys(*command.spec, args, at) != wire::KeyExtraction::kOk) return true;
    for (const wire::KeyPosition& key : at) add(args[key.index]);
  }
  const uint64_t now_ns = worker_.now_ns();
  // Before any is counted: one key over its limit is not to use up what the others have.
  const bool within =
      (keys.size() == 1 || std::ranges::all_of(keys,
                                               [&](const RateLimits::Limited& key) {
                                                 return shared_.limits.allows(key, now_ns);
                                               })) &&
      std::ranges::all_of(
          keys, [&](const RateLimits::Limited& key) { return shared_.limits.take(key, now_ns); });
  if (!within) metrics().add(kind == Kind::kRead ? Count::kRefusedReads : Count::kRefusedWrites);
  return within;
}

}  // namespace slotway::proxy
