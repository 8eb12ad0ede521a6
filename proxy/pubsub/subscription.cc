#include "proxy/pubsub/subscription.h"

#include <algorithm>
#include <utility>

#include "proxy/fanout/reply_cursor.h"
#include "proxy/pubsub/subscribers.h"

namespace slotway::proxy {

Subscription::Subscription(Lanes& lanes, Subscribers& subscribers)
    : subscribers_(subscribers), upstream_(lanes.open_another(3, this)) {}

Subscription::~Subscription() { forget_leaving(); }

bool Subscription::add(ChannelKind kind, std::string_view name) {
  if (!names(kind).emplace(name).second) return false;
  forget_refused(kind, name);
  send(*upstream_, {kind, false, std::string(name), {}});
  return true;
}

bool Subscription::remove(ChannelKind kind, std::string_view name) {
  const auto at = names(kind).find(name);
  if (at == names(kind).end()) return false;
  forget_refused(kind, name);
  if (send(*upstream_, {kind, true, std::string(name), {}})) {
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
  unconfirmed_.clear();
  refused_.clear();
  for (const ChannelWords& words : kChannelKinds) {
    for (const std::string& name : names(words.kind)) {
      send(upstream, {words.kind, false, name, {}});
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
    if (*word == words.subscribe) confirmed(words.kind, false, *name);
    if (*word == words.unsubscribe) {
      confirmed(words.kind, true, *name);
      left(words.kind, *name);
    }
    if (*word != words.message) continue;
    // Of a pattern the channel comes behind it.
    const auto channel = words.kind == ChannelKind::kPattern ? cursor.string() : name;
    if (channel) subscribers_.deliver(words.kind, *name, *channel, upstream.shard(), push);
  }
}

// ---- what is confirmed, and what is refused

bool Subscription::send(Upstream& upstream, Change change) {
  const ChannelWords& words = words_of(change.kind);
  const std::string_view word = change.is_removal ? words.unsubscribe : words.subscribe;
  if (!upstream.send_unanswered({word, change.name})) return false;
  unconfirmed_.push_back(std::move(change));
  return true;
}

// Only of the next: a shard that gives a slot away says unasked that it listens no longer.
void Subscription::confirmed(ChannelKind kind, bool is_removal, std::string_view name) {
  if (unconfirmed_.empty()) return;
  const Change& next = unconfirmed_.front();
  if (next.kind == kind && next.is_removal == is_removal && next.name == name) {
    unconfirmed_.pop_front();
  }
}

bool Subscription::on_refusal(std::string_view error) {
  if (unconfirmed_.empty()) return false;
  Change change = std::move(unconfirmed_.front());
  unconfirmed_.pop_front();
  if (change.is_removal != names(change.kind).contains(change.name)) {
    change.refusal = error;
    refused_.push_back(std::move(change));
  } else if (change.is_removal) {
    left(change.kind, change.name);  // it is wanted again
  }
  return true;
}

std::string_view Subscription::refusal(ChannelKind kind, std::string_view name) const {
  for (const Change& each : refused_) {
    if (each.kind == kind && !each.is_removal && each.name == name) return each.refusal;
  }
  return {};
}

// What is sent now counts instead.
void Subscription::forget_refused(ChannelKind kind, std::string_view name) {
  std::erase_if(refused_, [&](const Change& each) {
    if (each.kind != kind || each.name != name) return false;
    if (each.is_removal) left(kind, name);
    return true;
  });
}

void Subscription::repeat_refused() {
  for (Change& each : std::exchange(refused_, {})) {
    each.refusal.clear();
    send(*upstream_, std::move(each));
  }
}

void Subscription::left(ChannelKind kind, std::string_view name) {
  auto& leaving = leaving_[static_cast<size_t>(kind)];
  const auto at = leaving.find(name);
  if (at == leaving.end()) return;
  leaving.erase(at);
  subscribers_.removed(kind, name);
}

void Subscription::tick(uint64_t now_ns) {
  upstream_->tick(now_ns);
  constexpr uint64_t kPauseNs = 1'000'000'000;
  if (!refused_.empty() && upstream_->ready() && now_ns > repeated_ns_ + kPauseNs) {
    repeated_ns_ = now_ns;
    repeat_refused();
  }
  const bool listens = std::ranges::any_of(names_, [](const Names& each) { return !each.empty(); });
  // A peer that is gone without a word would be listened to for ever.
  if (listens && upstream_->probe_due(now_ns)) upstream_->probe();
}

}  // namespace slotway::proxy
