// ShardConnections: all connections of one worker to one shard.
//
//   primary   the lanes of requests to it (lanes.h)
//   control   for probes while the main lane waits for replies and either the breaker is open or
//             a script may be running, and for what ends a script: behind a command that blocks the
//             shard they would never be read there; opened when first needed
//   pins      for sessions that need one for themselves (pins.h)
//   fetch line  by which hot keys are asked for (hotkeys/fetch_line.h); the same
//   subscription  by which the worker listens to channels (pubsub/subscription.h); the same
//   replicas  the lanes to each of them, if the pool reads from them (replicas.h)
//
// Which of them a command takes is the session's choice (session.h). One worker thread.
#pragma once

#include <memory>
#include <string_view>

#include "proxy/hotkeys/fetch_line.h"
#include "proxy/pubsub/subscription.h"
#include "proxy/upstream/lanes.h"
#include "proxy/upstream/pins.h"
#include "proxy/upstream/replicas.h"

namespace slotway::proxy {

class OwnedKeys;

class ShardConnections {
 public:
  // Starts to connect. `metrics` must outlive this.
  ShardConnections(Worker& worker, const Shard& shard, ReplicaUse use,
                   const config::Timeouts& timeouts, metrics::ShardMetrics& metrics,
                   Coherence coherence);

  // As it was at first: replicas may have come and gone since.
  const Shard& shard() const { return *primary_.server(); }
  // For what may outlive this.
  const std::shared_ptr<const Shard>& shard_reference() const { return primary_.server(); }

  Lanes& primary() { return primary_; }
  Pins& pins() { return pins_; }
  // Opened when first needed. `subscribers` must outlive this.
  Subscription& subscription(Subscribers& subscribers);
  // Null if it was never needed.
  Subscription* open_subscription() { return subscription_.get(); }
  // By which hot keys are asked for; opened when first needed. `owned` must outlive this.
  FetchLine& fetch_line(OwnedKeys& owned);
  // Null if it was never needed.
  const FetchLine* open_fetch_line() const { return fetch_line_.get(); }
  Coherence& coherence() { return coherence_; }
  // For commands that a server answers even while it runs a script: push only while it connects().
  // It waits as long as any connection may be silent, for a server looks up from a script only
  // after a while.
  Upstream& control();
  // Where a read of the session goes that a replica may answer.
  Upstream& choose_reader(uint64_t session_id, Lane lane) {
    return reader_at(replicas_.choose(session_id, primary_.main()), lane);
  }
  // The same for a hot key: see Replicas::choose_spread().
  Upstream& choose_spread_reader(uint64_t session_id, Lane lane, uint64_t since_ns) {
    return reader_at(replicas_.choose_spread(session_id, since_ns), lane);
  }
  // The addresses to which reads of sessions go now, each to one of them; `spread`: of a hot key.
  std::vector<config::Address> readers(bool spread);
  bool answers() const { return primary_.main().ready() && !primary_.breaker().open(); }

  // `shard` is the same server, possibly with other replicas.
  void update(const Shard& shard, ReplicaUse use, const config::Timeouts& timeouts);
  // Whether it says that it is busy with a script.
  bool is_busy() const { return primary_.breaker().is_busy(); }
  // Every few milliseconds: `now_ns` is the monotonic clock. `probe`: it may be busy, others say.
  void tick(uint64_t now_ns, bool probe);

  // Calls `visit(Upstream&)` for each connection that carries commands of sessions: each lasts
  // until drop_closed(). Not the fetch line: what a move finds in flight there is read, and its
  // stamp does not hold any more.
  template <typename Visit>
  void for_each(Visit visit) {
    primary_.for_each(visit);
    pins_.for_each(visit);
    replicas_.for_each(visit);
  }
  // Frees connections that have closed: not while somebody remembers them from for_each().
  void drop_closed() {
    pins_.drop_closed();
    replicas_.drop_closed();
  }

  // No more requests will come: each closes when its last is answered.
  void retire();
  // The same without waiting: what is in flight fails.
  void abandon();
  // Whether it may be destroyed.
  bool closed() const;

  const metrics::ShardMetrics& metrics() const { return metrics_; }

 private:
  Upstream& reader_at(Lanes* replica, Lane lane) {
    if (replica) {
      Upstream& reader = replica->of(lane);
      if (reader.available()) return reader;
    }
    return primary_.of(lane);
  }
  // Tells the log and the metrics what has changed. Their cells are shared with the connections
  // that a reload replaces, and with those that replace these.
  void report(bool is_open, bool answers);
  void note_change();  // of whether it answers
  void watch_waits(uint64_t now_ns);
  void leave(std::string_view reason);
  bool waits_for_script(uint64_t now_ns);

  metrics::ShardMetrics& metrics_;
  Worker& worker_;
  Coherence coherence_;
  config::Timeouts control_timeouts_;
  Lanes primary_;
  std::unique_ptr<Upstream> control_;
  Pins pins_;
  std::unique_ptr<Subscription> subscription_;
  std::unique_ptr<FetchLine> fetch_line_;
  Replicas replicas_;
  bool leaving_ = false;
  bool shown_open_ = false;  // what report() has told
  bool shown_answering_ = false;
};

}  // namespace slotway::proxy
