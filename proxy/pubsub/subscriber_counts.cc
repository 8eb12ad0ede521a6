#include "proxy/pubsub/subscriber_counts.h"

#include <algorithm>

#include "wire/glob.h"

namespace slotway::proxy {

void SubscriberCounts::change(ChannelKind kind, std::string_view name, int clients,
                              int connections) {
  const std::lock_guard lock(mutex_);
  auto& counts = counts_[static_cast<size_t>(kind)];
  const auto at = counts.try_emplace(std::string(name)).first;
  at->second.clients += clients;
  at->second.connections += connections;
  if (at->second.clients == 0 && at->second.connections == 0) counts.erase(at);
  any_.store(std::ranges::any_of(counts_, [](const auto& each) { return !each.empty(); }),
             std::memory_order_relaxed);
}

int64_t SubscriberCounts::missing(ChannelKind kind, std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto& counts = counts_[static_cast<size_t>(kind)];
  const auto at = counts.find(name);
  return at == counts.end() ? 0 : at->second.clients - at->second.connections;
}

int64_t SubscriberCounts::missing_receivers(ChannelKind kind, std::string_view channel) const {
  int64_t sum = missing(kind, channel);
  if (kind == ChannelKind::kShardChannel) return sum;  // no pattern matches those
  const std::lock_guard lock(mutex_);
  for (const auto& [pattern, count] : counts_[static_cast<size_t>(ChannelKind::kPattern)]) {
    if (wire::glob_match(pattern, channel)) sum += count.clients - count.connections;
  }
  return sum;
}

bool SubscriberCounts::has_receivers(std::string_view channel) const {
  if (!any()) return false;
  const std::lock_guard lock(mutex_);
  const auto& channels = counts_[static_cast<size_t>(ChannelKind::kChannel)];
  const auto at = channels.find(channel);
  if (at != channels.end() && at->second.clients > 0) return true;
  const auto& patterns = counts_[static_cast<size_t>(ChannelKind::kPattern)];
  return std::ranges::any_of(patterns, [&](const auto& pattern) {
    return pattern.second.clients > 0 && wire::glob_match(pattern.first, channel);
  });
}

}  // namespace slotway::proxy
