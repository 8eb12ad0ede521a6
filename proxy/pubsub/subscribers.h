// Subscribers: which sessions of one worker and pool listen to what, and which shards are listened
// to for them.
//
// A channel belongs to the shard of its slot. Patterns are subscribed to on every shard, and so are
// keyspace notifications, which each shard sends for its own keys. However many sessions listen to
// a name, a shard sees one subscription of the worker. While a slot moves, both its owners are
// listened to, and messages are taken from one: from the next when all of the one before have come
// (Pool::is_handed_over). Owned by the Pool; one worker thread.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "proxy/pubsub/channel_kind.h"
#include "proxy/pubsub/subscriber_counts.h"
#include "proxy/reply_view.h"

namespace slotway::proxy {

struct Shard;
class Pool;
class Session;
class ShardConnections;
class Subscription;
class Topology;
class Upstream;

class Subscribers {
 public:
  // `pool` owns this; `counts` is what all workers share.
  Subscribers(Pool& pool, std::shared_ptr<SubscriberCounts> counts);
  ~Subscribers();

  SubscriberCounts& counts() { return *counts_; }

  // The shards to listen to for that name; empty if no shard has its slot.
  std::vector<ShardConnections*> shards_of(ChannelKind kind, std::string_view name) const;
  // Whether its slot is on its way to another shard.
  bool is_moving(ChannelKind kind, std::string_view name) const;

  // Listens to that name until unclaim(), for a session that is to join. Adds to `touched` the
  // subscriptions that have something to do.
  void claim(ChannelKind kind, std::string_view name, std::vector<Subscription*>& touched);
  void unclaim(ChannelKind kind, std::string_view name);
  // The session is sent the messages of that name. Requires a claim. False: it was before.
  bool join(ChannelKind kind, std::string_view name, Session& session);
  // No longer. `touched` as above. False: it was not before.
  bool leave(ChannelKind kind, std::string_view name, Session& session,
             std::vector<Subscription*>& touched);
  // Nothing is sent to the session any more.
  void leave_all(Session& session);

  // A shard counts this worker for that name no longer, or has lost the connection.
  void removed(ChannelKind kind, std::string_view name);
  // Passes on a message that `shard` has sent.
  void deliver(ChannelKind kind, std::string_view name, std::string_view channel,
               const Shard& shard, ReplyView push);
  // Sends a message of the proxy itself to all sessions that listen to that channel.
  void deliver_own(std::string_view channel, std::string_view message);

  // Slots may have found other shards, or shards may have come and gone. The connections by which
  // shards were told of more names.
  std::set<Upstream*> follow_topology();

 private:
  struct Name {
    std::unordered_set<Session*> sessions;
    size_t claims = 0;
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using Names = std::unordered_map<std::string, Name, Hash, std::equal_to<>>;

  void add_owner(const Topology& topology, std::string_view name,
                 std::vector<ShardConnections*>& owners) const;
  bool is_taken_from(const Shard& shard, ChannelKind kind, std::string_view channel) const;
  template <typename Visit>
  void for_each_shard(Visit visit) const;

  Names& names(ChannelKind kind) { return names_[static_cast<size_t>(kind)]; }
  void drop_unused(ChannelKind kind, Names::iterator at, std::vector<Subscription*>& touched);

  Pool& pool_;
  const std::shared_ptr<SubscriberCounts> counts_;
  std::array<Names, kChannelKinds.size()> names_;
  // Shards that still count this worker for a name that nobody here listens to.
  std::array<std::map<std::string, size_t, std::less<>>, kChannelKinds.size()> leaving_;
};

}  // namespace slotway::proxy
