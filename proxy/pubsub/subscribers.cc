#include "proxy/pubsub/subscribers.h"

#include <algorithm>

#include "proxy/pool.h"
#include "proxy/pubsub/subscription.h"
#include "proxy/session.h"
#include "wire/glob.h"
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
  return !is_of_every_shard(kind, name) && !is_own_channel(kind, name) &&
         pool_.topology().shard_of_slot(wire::slot_of_key(name)) == Topology::kMoving;
}

template <typename Visit>
void Subscribers::for_each_shard(Visit visit) const {
  for (const auto& shard : pool_.shards()) visit(*shard);
  for (const auto& shard : pool_.incoming()) visit(*shard);
}

std::vector<ShardConnections*> Subscribers::shards_of(ChannelKind kind,
                                                      std::string_view name) const {
  std::vector<ShardConnections*> shards;
  if (is_own_channel(kind, name)) return shards;
  if (is_of_every_shard(kind, name)) {
    for_each_shard([&](ShardConnections& shard) { shards.push_back(&shard); });
    return shards;
  }
  const Topology& topology = pool_.topology();
  if (topology.next()) {
    add_owner(*topology.before(), name, shards);
    add_owner(*topology.next(), name, shards);
    return shards;
  }
  const ShardIndex owner = topology.shard_of_slot(wire::slot_of_key(name));
  if (owner < Topology::kMoving) shards.push_back(&pool_.shard(owner));
  return shards;
}

void Subscribers::add_owner(const Topology& topology, std::string_view name,
                            std::vector<ShardConnections*>& owners) const {
  const ShardIndex owner = topology.shard_of_slot(wire::slot_of_key(name));
  if (owner >= Topology::kMoving) return;
  for_each_shard([&](ShardConnections& shard) {
    const bool is_owner = shard.shard().same_server(topology.shards()[owner]);
    if (is_owner && std::ranges::find(owners, &shard) == owners.end()) owners.push_back(&shard);
  });
}

void Subscribers::claim(ChannelKind kind, std::string_view name,
                        std::vector<Subscription*>& touched) {
  const auto [at, is_new] = names(kind).try_emplace(std::string(name));
  ++at->second.claims;
  if (is_new && !is_own_channel(kind, name)) counts_->add_connection(kind, name);
  for (ShardConnections* shard : shards_of(kind, name)) {
    Subscription& subscription = shard->subscription(*this);
    // Another session may have asked just now, or the connection is new.
    if (subscription.add(kind, name) || !subscription.is_settled()) {
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
  if (is_own_channel(kind, name)) return;
  // Until all have been told it counts as one, for the time that the telling takes.
  const auto [at_leaving, is_first] = leaving_[static_cast<size_t>(kind)].try_emplace(name, 0);
  size_t& leaving = at_leaving->second;
  if (!is_first) counts_->remove_connection(kind, name);  // one of the two is enough
  ++leaving;
  for_each_shard([&](ShardConnections& shard) {
    Subscription* const subscription = shard.open_subscription();
    if (!subscription) return;
    ++leaving;
    if (subscription->remove(kind, name)) {
      touched.push_back(subscription);
    } else {
      --leaving;
    }
  });
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
  wire::Subscriptions* const subscriber = session.subscriber();
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
  wire::Subscriptions* const subscriber = session.subscriber();
  if (!subscriber) return;
  std::vector<Subscription*> touched;
  for (const ChannelWords& words : kChannelKinds) {
    while (!subscriber->names(words.kind).empty()) {
      const std::string name = *subscriber->names(words.kind).begin();
      leave(words.kind, name, session, touched);
    }
  }
}

bool Subscribers::is_taken_from(const Shard& shard, ChannelKind kind,
                                std::string_view channel) const {
  const Topology& topology = pool_.topology();
  const Topology& source = !topology.next()         ? topology
                           : pool_.is_handed_over() ? *topology.next()
                                                    : *topology.before();
  const auto is_same = [&](const Shard& other) { return other.same_server(shard); };
  if (is_of_every_shard(kind, channel)) {
    return &source == &topology || std::ranges::any_of(source.shards(), is_same);
  }
  const ShardIndex owner = source.shard_of_slot(wire::slot_of_key(channel));
  return owner >= Topology::kMoving || is_same(source.shards()[owner]);
}

void Subscribers::deliver(ChannelKind kind, std::string_view name, std::string_view channel,
                          const Shard& shard, ReplyView push) {
  const auto at = names(kind).find(name);
  if (at == names(kind).end()) return;
  // Servers of a cluster pass messages on to each other, and one server may be known as two shards
  // for as long as slots move: a message counts where it belongs.
  const ChannelKind channel_kind = kind == ChannelKind::kPattern ? ChannelKind::kChannel : kind;
  if (is_own_channel(channel_kind, channel)) return;  // whoever published it is not the proxy
  if (!is_taken_from(shard, channel_kind, channel)) return;
  for (Session* session : at->second.sessions) session->push(push);
}

void Subscribers::deliver_own(std::string_view channel, std::string_view message) {
  const auto send = [](const Name& to, std::initializer_list<std::string_view> parts) {
    std::string push = ">" + std::to_string(parts.size()) + "\r\n";
    for (const std::string_view part : parts) {
      push += "$" + std::to_string(part.size()) + "\r\n";
      push += part;
      push += "\r\n";
    }
    for (Session* session : to.sessions) session->push(ReplyView(push));
  };
  if (const auto at = names(ChannelKind::kChannel).find(channel);
      at != names(ChannelKind::kChannel).end()) {
    send(at->second, {words_of(ChannelKind::kChannel).message, channel, message});
  }
  for (const auto& [pattern, to] : names(ChannelKind::kPattern)) {
    if (!wire::glob_match(pattern, channel)) continue;
    send(to, {words_of(ChannelKind::kPattern).message, pattern, channel, message});
  }
}

std::set<Upstream*> Subscribers::follow_topology() {
  std::set<Upstream*> told;
  for (const ChannelWords& words : kChannelKinds) {
    for (const auto& [name, unused] : names(words.kind)) {
      const auto wanted = shards_of(words.kind, name);
      for_each_shard([&](ShardConnections& shard) {
        if (std::ranges::find(wanted, &shard) != wanted.end()) {
          Subscription& subscription = shard.subscription(*this);
          if (subscription.add(words.kind, name)) told.insert(&subscription.upstream());
        } else if (Subscription* const other = shard.open_subscription()) {
          other->remove(words.kind, name);
        }
      });
    }
  }
  return told;
}

}  // namespace slotway::proxy
