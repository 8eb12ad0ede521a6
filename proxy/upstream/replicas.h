// Replicas: one worker's connections to the replicas of one shard, and which of them is read from.
//
//   prefer_replica   each session has a replica of its own, as long as that can be read from, and
//                    another one meanwhile
//   nearest          the one of them and the primary that answers soonest (nearest.h), for all
//                    sessions alike; all are measured by probes
//
// Where only reads of hot keys go to replicas (`spread`), a session has one of the primary and the
// replicas for its own, and that replica only while it is known to have all that the session has
// written (replication.h), by a proof of the last second.
//
// A replica has a breaker of its own: that it does not answer says nothing about the shard. Owned
// by ShardConnections; one worker thread.
#pragma once

#include <memory>
#include <vector>

#include "proxy/upstream/lanes.h"

namespace slotway::proxy {

// What they are read for.
struct ReplicaUse {
  config::ReadFrom read_from = config::ReadFrom::kPrimary;
  bool spread = false;  // hot keys; then read_from is kPrimary

  bool any() const { return spread || read_from != config::ReadFrom::kPrimary; }
};

class Replicas {
 public:
  // Of none, until update(). `metrics` and `coherence` must outlive this.
  Replicas(Worker& worker, metrics::ShardMetrics& metrics, const Coherence& coherence)
      : worker_(worker), metrics_(metrics), coherence_(coherence) {}

  // Connects to the replicas of `shard`, if they are read for anything. Those that were there
  // before keep their connections; the others answer what they have been asked, and close.
  void update(const Shard& shard, ReplicaUse use, const config::Timeouts& timeouts);

  // The replica that a read of the session goes to, which can take it; null for the primary.
  Lanes* choose(uint64_t session_id, const Upstream& primary);

  // The same for a hot key, with all that was answered to the session until `since_ns`.
  Lanes* choose_spread(uint64_t session_id, uint64_t since_ns);

  // The addresses of those that reads go to now; `spread`: of a hot key. With `nearest` at most
  // one.
  std::vector<config::Address> readers(const Upstream& primary, bool spread);

  // Every few milliseconds: `now_ns` is the monotonic clock.
  void tick(uint64_t now_ns, Upstream& primary);

  // No more requests will come: each closes when its last is answered.
  void retire();
  // The same without waiting: what is in flight fails.
  void abandon();
  // Whether it may be destroyed.
  bool closed() const;

  // Calls `visit(Upstream&)` for each connection, those that are closing included.
  template <typename Visit>
  void for_each(Visit visit) {
    for (const auto& replica : replicas_) replica->for_each(visit);
    for (const auto& replica : leaving_) replica->for_each(visit);
  }
  // Frees what has closed: not while somebody remembers it from for_each().
  void drop_closed();

 private:
  void leave(std::unique_ptr<Lanes> replica);
  Lanes* choose_own(uint64_t session_id);
  Lanes* choose_nearest(const Upstream& primary);
  void find_nearest(const Upstream& primary);
  void follow(uint64_t now_ns, Upstream& primary);

  Worker& worker_;
  metrics::ShardMetrics& metrics_;
  const Coherence& coherence_;
  ReplicaUse use_;
  std::vector<std::unique_ptr<Lanes>> replicas_;
  std::vector<CatchUp> catch_ups_;  // of these, for spread
  uint64_t spread_asked_ns_ = 0;    // the last that somebody wanted to know them
  uint64_t replication_asked_ns_ = 0;
  std::vector<std::unique_ptr<Lanes>> leaving_;
  size_t nearest_ = 0;                  // 0: the primary, i: replicas_[i - 1]
  std::vector<uint64_t> estimates_ns_;  // in the same order; scratch memory of find_nearest()
};

}  // namespace slotway::proxy
