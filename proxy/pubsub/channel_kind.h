// The kinds of names that a client can subscribe to, and the channel of the proxy's own.
#pragma once

#include <string_view>

#include "wire/subscriptions.h"

namespace slotway::proxy {

using wire::ChannelKind;
using wire::ChannelWords;
using wire::kChannelKinds;
using wire::words_of;

// The proxy itself publishes there (hotkeys/announcer.h): no shard hears of that name.
inline constexpr std::string_view kHotKeysChannel = "__slotway__:hotkeys";
inline bool is_own_channel(ChannelKind kind, std::string_view name) {
  return kind == ChannelKind::kChannel && name == kHotKeysChannel;
}

}  // namespace slotway::proxy
