#include "proxy/pubsub/subscription.h"

#include <algorithm>

#include "proxy/pubsub/subscribers.h"
#include "proxy/reply_cursor.h"

namespace slotway::proxy {

Subscription::Subscription(Lanes& lanes, Subscribers& subscribers)
    : subscribers_(subscribers), upstream_(lanes.open_another(3, this)) {}

Subscription::~Subscription() { forget_leaving(); }

bool Subscription::add(ChannelKind kind, std::string_view name) {
  if (!names(kind).emplace(name).second) return false;
  upstream_->send_unanswered({words_of(kind).subscribe, name});
  return true;
}

bool Subscription::remove(ChannelKind kind, std::string_view name) {
  const auto at = names(kind).find(name);
  if (at == names(kind).end()) return false;
  if (upstream_->send_unanswered({words_of(kind).unsubscribe, name})) {
    leaving_[static_cast<size_t>(kind)].emplace(name);
  } else {
    subscribers_.removed(kind, name);
  }
  names(kind).erase(at);
  return true;
}

// The shard forgets them with the connection.
void Subscription::forget_leaving() {
  for (const ChannelWords& words : kChannelKinds) {
    auto& leaving = leaving_[static_cast<size_t>(words.kind)];
    for (const std::string& name : leaving) subscribers_.removed(words.kind, name);
    leaving.clear();
  }
}

void Subscription::on_attempt(Upstream& upstream) {
  forget_leaving();
  for (const ChannelWords& words : kChannelKinds) {
    for (const std::string& name : names(words.kind)) {
      upstream.send_unanswered({words.subscribe, name});
    }
  }
}

void Subscription::on_push(Upstream& upstream, ReplyView push) {
  ReplyCursor cursor(push.head());
  const auto count = cursor.enter_push();
  const auto word = count ? cursor.string() : std::nullopt;
  const auto name = word ? cursor.string() : std::nullopt;
  if (!name) return;  // the confirmation that nothing is left has none
  for (const ChannelWords& words : kChannelKinds) {
    if (*word == words.unsubscribe) {
      auto& leaving = leaving_[static_cast<size_t>(words.kind)];
      if (const auto at = leaving.find(*name); at != leaving.end()) {
        leaving.erase(at);
        subscribers_.removed(words.kind, *name);
      }
    }
    if (*word != words.message) continue;
    // Of a pattern the channel comes behind it.
    const auto channel = words.kind == ChannelKind::kPattern ? cursor.string() : name;
    if (channel) subscribers_.deliver(words.kind, *name, *channel, upstream.shard(), push);
  }
}

void Subscription::tick(uint64_t now_ns) {
  upstream_->tick(now_ns);
  const bool listens = std::ranges::any_of(names_, [](const Names& each) { return !each.empty(); });
  // A peer that is gone without a word would be listened to for ever.
  if (listens && upstream_->probe_due(now_ns)) upstream_->probe();
}

}  // namespace slotway::proxy
