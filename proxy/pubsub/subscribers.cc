#include "proxy/pubsub/subscribers.h"

#include <algorithm>

#include "proxy/pool.h"
#include "proxy/pubsub/subscriber.h"
#include "proxy/pubsub/subscription.h"
#include "proxy/session.h"
#include "wire/slot.h"

namespace slotway::proxy {

namespace {

// "__keyspace@0__:key", "__keyevent@0__:event": each shard sends those of its keys.
bool is_of_every_shard(ChannelKind kind, std::string_view name) {
  return kind == ChannelKind::kPattern ||
         (kind == ChannelKind::kChannel &&
          (name.starts_with("__keyspace@") || name.starts_with("__keyevent@")));
}

}  // namespace

Subscribers::Subscribers(Pool& pool, std::shared_ptr<SubscriberCounts> counts)
    : pool_(pool), counts_(std::move(counts)) {}

Subscribers::~Subscribers() = default;

bool Subscribers::is_moving(ChannelKind kind, std::string_view name) const {
  return !is_of_every_shard(kind, name) &&
         pool_.topology().shard_of_slot(wire::slot_of_key(name)) == Topology::kMoving;
}

std::vector<ShardConnections*> Subscribers::shards_of(ChannelKind kind,
                                                      std::string_view name) const {
  std::vector<ShardConnections*> shards;
  if (is_of_every_shard(kind, name)) {
    for (const auto& shard : pool_.shards()) shards.push_back(shard.get());
    return shards;
  }
  const ShardIndex owner = pool_.topology().shard_of_slot(wire::slot_of_key(name));
  if (owner < Topology::kMoving) shards.push_back(&pool_.shard(owner));
  return shards;
}

void Subscribers::claim(ChannelKind kind, std::string_view name,
                        std::vector<Subscription*>& touched) {
  const auto [at, is_new] = names(kind).try_emplace(std::string(name));
  ++at->second.claims;
  if (is_new) counts_->add_connection(kind, name);
  for (ShardConnections* shard : shards_of(kind, name)) {
    Subscription& subscription = shard->subscription(*this);
    // Another session may have asked just now.
    if (subscription.add(kind, name) || !subscription.upstream().idle()) {
      touched.push_back(&subscription);
    }
  }
}

void Subscribers::unclaim(ChannelKind kind, std::string_view name) {
  const auto at = names(kind).find(name);
  --at->second.claims;
  std::vector<Subscription*> touched;
  drop_unused(kind, at, touched);
}

void Subscribers::drop_unused(ChannelKind kind, Names::iterator at,
                              std::vector<Subscription*>& touched) {
  if (at->second.claims > 0 || !at->second.sessions.empty()) return;
  const std::string name = at->first;
  names(kind).erase(at);
  // Until all have been told it counts as one, for the time that the telling takes.
  const auto [at_leaving, is_first] = leaving_[static_cast<size_t>(kind)].try_emplace(name, 0);
  size_t& leaving = at_leaving->second;
  if (!is_first) counts_->remove_connection(kind, name);  // one of the two is enough
  ++leaving;
  for (const auto& shard : pool_.shards()) {
    Subscription* const subscription = shard->open_subscription();
    if (!subscription) continue;
    ++leaving;
    if (subscription->remove(kind, name)) {
      touched.push_back(subscription);
    } else {
      --leaving;
    }
  }
  removed(kind, name);
}

void Subscribers::removed(ChannelKind kind, std::string_view name) {
  auto& leaving = leaving_[static_cast<size_t>(kind)];
  const auto at = leaving.find(name);
  if (at == leaving.end() || --at->second > 0) return;
  leaving.erase(at);
  counts_->remove_connection(kind, name);
}

bool Subscribers::join(ChannelKind kind, std::string_view name, Session& session) {
  if (!session.edit_subscriber().names(kind).emplace(name).second) return false;
  names(kind).find(name)->second.sessions.insert(&session);
  counts_->add_client(kind, name);
  return true;
}

bool Subscribers::leave(ChannelKind kind, std::string_view name, Session& session,
                        std::vector<Subscription*>& touched) {
  Subscriber* const subscriber = session.subscriber();
  if (!subscriber) return false;
  const auto mine = subscriber->names(kind).find(name);
  if (mine == subscriber->names(kind).end()) return false;
  const auto at = names(kind).find(name);
  at->second.sessions.erase(&session);
  counts_->remove_client(kind, name);
  drop_unused(kind, at, touched);
  subscriber->names(kind).erase(mine);
  return true;
}

void Subscribers::leave_all(Session& session) {
  Subscriber* const subscriber = session.subscriber();
  if (!subscriber) return;
  std::vector<Subscription*> touched;
  for (const ChannelWords& words : kChannelKinds) {
    while (!subscriber->names(words.kind).empty()) {
      const std::string name = *subscriber->names(words.kind).begin();
      leave(words.kind, name, session, touched);
    }
  }
}

void Subscribers::deliver(ChannelKind kind, std::string_view name, std::string_view channel,
                          const Shard& shard, ReplyView push) {
  if (kind == ChannelKind::kPattern && !is_of_every_shard(ChannelKind::kChannel, channel)) {
    // Servers of a cluster pass messages on to each other: it counts where it belongs.
    const ShardIndex owner = pool_.topology().shard_of_slot(wire::slot_of_key(channel));
    if (owner < Topology::kMoving && !pool_.topology().shards()[owner].same_server(shard)) return;
  }
  const auto at = names(kind).find(name);
  if (at == names(kind).end()) return;
  for (Session* session : at->second.sessions) session->push(push);
}

void Subscribers::follow_topology() {
  for (const ChannelWords& words : kChannelKinds) {
    for (const auto& [name, unused] : names(words.kind)) {
      if (is_moving(words.kind, name)) continue;
      const auto wanted = shards_of(words.kind, name);
      for (const auto& shard : pool_.shards()) {
        if (std::ranges::find(wanted, shard.get()) != wanted.end()) {
          shard->subscription(*this).add(words.kind, name);
        } else if (Subscription* const other = shard->open_subscription()) {
          other->remove(words.kind, name);
        }
      }
    }
  }
}

}  // namespace slotway::proxy
