// Subscriber: what one session has subscribed to.
#pragma once

#include <array>
#include <functional>
#include <set>
#include <string>

#include "proxy/pubsub/channel_kind.h"

namespace slotway::proxy {

struct Subscriber {
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

}  // namespace slotway::proxy
