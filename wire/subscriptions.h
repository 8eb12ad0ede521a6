// What one client has subscribed to: the three kinds of names, the words of the protocol for each,
// and the sets of names.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace slotway::wire {

enum class ChannelKind : uint8_t { kChannel, kPattern, kShardChannel };

struct ChannelWords {
  ChannelKind kind;
  std::string_view subscribe;
  std::string_view unsubscribe;
  std::string_view message;  // the first word of what a subscriber is sent
};

inline constexpr std::array<ChannelWords, 3> kChannelKinds = {{
    {ChannelKind::kChannel, "subscribe", "unsubscribe", "message"},
    {ChannelKind::kPattern, "psubscribe", "punsubscribe", "pmessage"},
    {ChannelKind::kShardChannel, "ssubscribe", "sunsubscribe", "smessage"},
}};

inline const ChannelWords& words_of(ChannelKind kind) {
  return kChannelKinds[static_cast<size_t>(kind)];
}

struct Subscriptions {
  std::set<std::string, std::less<>>& names(ChannelKind kind) {
    return by_kind[static_cast<size_t>(kind)];
  }
  size_t count(ChannelKind kind) const { return by_kind[static_cast<size_t>(kind)].size(); }
  // As the replies to commands of that kind show it: shard channels are counted apart.
  size_t shown_count(ChannelKind kind) const {
    if (kind == ChannelKind::kShardChannel) return count(kind);
    return count(ChannelKind::kChannel) + count(ChannelKind::kPattern);
  }
  bool empty() const { return by_kind[0].empty() && by_kind[1].empty() && by_kind[2].empty(); }

  std::array<std::set<std::string, std::less<>>, kChannelKinds.size()> by_kind;
};

}  // namespace slotway::wire
