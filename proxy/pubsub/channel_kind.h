// The three kinds of names that a client can subscribe to, and the words of the protocol for each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace slotway::proxy {

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

// The proxy itself publishes there (hotkeys/announcer.h): no shard hears of that name.
inline constexpr std::string_view kHotKeysChannel = "__slotway__:hotkeys";
inline bool is_own_channel(ChannelKind kind, std::string_view name) {
  return kind == ChannelKind::kChannel && name == kHotKeysChannel;
}

inline const ChannelWords& words_of(ChannelKind kind) {
  return kChannelKinds[static_cast<size_t>(kind)];
}

}  // namespace slotway::proxy
