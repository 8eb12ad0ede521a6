// Subscription: the connection by which one worker listens to one shard, for all of its sessions.
//
// It speaks RESP3, where messages come between replies: an answered PING shows that everything
// written before it has been carried out, so that no confirmation has to be looked at. Every
// attempt to connect begins with all the names, so a connection that was lost listens again as soon
// as it stands. A name that was removed counts at the shard until it says that it is gone. Owned by
// ShardConnections; one worker thread.
#pragma once

#include <array>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "proxy/lanes.h"
#include "proxy/pubsub/channel_kind.h"

namespace slotway::proxy {

class Subscribers;

class Subscription final : public PushHandler {
 public:
  // Starts to connect; messages go to `subscribers`, which must outlive this.
  Subscription(Lanes& lanes, Subscribers& subscribers);
  ~Subscription();

  Upstream& upstream() { return *upstream_; }
  const Upstream& upstream() const { return *upstream_; }

  // Has the shard send the messages of that name, or no longer. False: it already is so. After a
  // removal Subscribers::removed() is called, now or later.
  bool add(ChannelKind kind, std::string_view name);
  bool remove(ChannelKind kind, std::string_view name);

  // Every few milliseconds: `now_ns` is the monotonic clock.
  void tick(uint64_t now_ns);

 private:
  void on_attempt(Upstream& upstream) override;
  void on_push(Upstream& upstream, ReplyView push) override;

  void forget_leaving();

  using Names = std::set<std::string, std::less<>>;
  Names& names(ChannelKind kind) { return names_[static_cast<size_t>(kind)]; }

  Subscribers& subscribers_;
  std::array<Names, kChannelKinds.size()> names_;
  std::array<std::multiset<std::string, std::less<>>, kChannelKinds.size()> leaving_;
  std::unique_ptr<Upstream> upstream_;
};

}  // namespace slotway::proxy
