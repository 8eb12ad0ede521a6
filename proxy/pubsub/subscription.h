// Subscription: the connection by which one worker listens to one shard, for all of its sessions.
//
// It speaks RESP3, where messages come between replies: Upstream::sign_of_life() shows that
// everything written before it has been carried out or refused. Every attempt to connect begins
// with all the names, so a connection that was lost listens again as soon as it stands. What a
// shard refuses (-BUSY, -NOPERM) it is told again every second, if it still holds. A name that was
// removed counts at the shard until it says that it is gone. Owned by ShardConnections; one worker
// thread.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/pubsub/channel_kind.h"
#include "proxy/upstream/lanes.h"

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
  // Whether the shard has carried out or refused all that it was told.
  bool is_settled() const { return upstream_->idle() && unconfirmed_.empty(); }
  // Why the shard does not listen to that name, "CODE text"; empty if it does not refuse to.
  std::string_view refusal(ChannelKind kind, std::string_view name) const;

  // Every few milliseconds: `now_ns` is the monotonic clock.
  void tick(uint64_t now_ns);

 private:
  void on_attempt(Upstream& upstream) override;
  void on_push(Upstream& upstream, ReplyView push) override;
  bool on_refusal(std::string_view error) override;

  // What the shard was told of a name.
  struct Change {
    ChannelKind kind;
    bool is_removal;
    std::string name;
    std::string refusal;
  };
  bool send(Upstream& upstream, Change change);
  void confirmed(ChannelKind kind, bool is_removal, std::string_view name);
  void forget_refused(ChannelKind kind, std::string_view name);
  void repeat_refused();
  void left(ChannelKind kind, std::string_view name);
  void forget_leaving();

  using Names = std::set<std::string, std::less<>>;
  Names& names(ChannelKind kind) { return names_[static_cast<size_t>(kind)]; }

  Subscribers& subscribers_;
  std::array<Names, kChannelKinds.size()> names_;
  std::array<std::multiset<std::string, std::less<>>, kChannelKinds.size()> leaving_;
  std::deque<Change> unconfirmed_;  // in the order in which the shard confirms or refuses
  std::vector<Change> refused_;
  uint64_t repeated_ns_ = 0;
  std::unique_ptr<Upstream> upstream_;
};

}  // namespace slotway::proxy
