// Tracking: CLIENT TRACKING of one session, carried through to the shards.
//
// A server remembers for each of its connections which keys were read there. So a session that
// tracks has connections of its own to all shards (pins.h), by which all its commands go, and what
// the shards push there reaches it, or the session that it has them redirected to. These speak
// RESP3, and RESP2 from a HELLO on while the session does. Where it redirects, the shards are told
// to send to a second connection each, for on one of RESP2 nothing can be pushed.
//
// When one of the connections is lost, or slots move, nothing tells any more what of the client's
// cache is old: its session is closed, as by a server that restarts, and its cache begins anew.
// Owned by its session; one worker thread.
#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/upstream/pins.h"

namespace slotway::proxy {

class Session;
class ShardConnections;
class Worker;

struct TrackingOptions {
  bool broadcasts = false;
  bool opts_in = false;
  bool opts_out = false;
  bool skips_own = false;  // NOLOOP
  uint64_t redirect = 0;   // the session to be told; 0: itself
  std::set<std::string, std::less<>> prefixes = {};
};

class Tracking final : public PushHandler {
 public:
  explicit Tracking(Session& session) : session_(session) {}
  Tracking(const Tracking&) = delete;
  Tracking& operator=(const Tracking&) = delete;
  ~Tracking();

  const TrackingOptions& options() const { return options_; }
  bool is_on() const { return on_; }

  // Takes connections to all shards, two where it `redirects`. kYes once they can be used; kNo,
  // with the line of an error, if there are none; kWait: again when held sessions are resumed.
  enum class Opened : uint8_t { kYes, kNo, kWait };
  Opened open(bool redirects, std::string& error);
  size_t shards() const { return shards_.size(); }
  // Tells the shard of that number, as a request without its reply. Requires open().
  Upstream& write_command(size_t shard, const TrackingOptions& options) const;
  // Whether the connections still are those that open() gave; otherwise why not, without a code.
  bool is_intact(std::string& error) const;
  // All of them have agreed. `target` serves the session that it redirects to.
  void turn_on(const TrackingOptions& options, Worker* target);

  Upstream& connection_to(const ShardConnections& shard) const;
  // For what needs a connection of the session's own: this is one.
  PinLease share(ShardConnections& shard) const;
  // The session changes over to RESP 2 or 3. Requires that nothing of it is unanswered.
  void speak(int protocol);

  // CLIENT CACHING; before a command goes to `upstream`; behind a command.
  void note_caching() { caching_ = true; }
  bool caching() const { return caching_; }
  void announce(Upstream& upstream) const;
  void end_caching() { caching_ = false; }

  // The session has answered something: what must not overtake that goes now.
  void catch_up();
  bool is_broken() const { return broken_; }
  // A session of that id is gone, to which it may redirect.
  void lose_target(uint64_t id);

 private:
  struct Own {
    const ShardConnections* shard;
    PinLease commands;
    PinLease pushes;  // of none, unless it redirects
  };

  void on_attempt(Upstream&) override {}
  void on_push(Upstream& upstream, ReplyView push) override;
  void on_lost(Upstream& upstream) override;
  void greet(Upstream& upstream, int protocol) const;
  void redirect(std::string_view keys) const;

  Session& session_;
  std::vector<Own> shards_;
  TrackingOptions options_;
  Worker* target_ = nullptr;
  bool on_ = false;
  bool caching_ = false;
  bool broken_ = false;
  // Messages that came behind replies which wait for their turn, with the number of the last
  // request that they must not overtake. The session counts their bytes.
  std::deque<std::pair<uint64_t, std::string>> waiting_;
};

}  // namespace slotway::proxy
