// ShardConnections: all connections of one worker to one shard.
//
//   main      opened at once, shared by all sessions
//   large     for sessions with large requests or replies, so that the others do not wait behind
//             them; opened when first needed
//   control   for probes while the breaker is open: behind a command that blocks the shard they
//             would never be read on the others; opened when first needed
//   replicas  one to each replica, if the pool reads from them (replicas.h)
//
// Which of them a command takes is the session's choice (session.h). One worker thread.
#pragma once

#include <memory>

#include "proxy/breaker.h"
#include "proxy/replicas.h"
#include "proxy/upstream.h"

namespace slotway::proxy {

class ShardConnections {
 public:
  // Starts to connect. `metrics` must outlive this.
  ShardConnections(Worker& worker, const Shard& shard, config::ReadFrom read_from,
                   const config::Timeouts& timeouts, metrics::ShardMetrics& metrics);

  // As it was at first: replicas may have come and gone since.
  const Shard& shard() const { return *shard_; }
  // For what may outlive this.
  const std::shared_ptr<const Shard>& shard_reference() const { return shard_; }

  Upstream& main() { return main_; }
  Upstream& large() {
    if (!large_) [[unlikely]]
      open(large_);
    return *large_;
  }
  // The replica that a read of the session goes to; null for the primary.
  Upstream* choose_replica(uint64_t session_id) { return replicas_.choose(session_id, main_); }
  bool answers() const { return main_.ready() && !breaker_.open(); }

  // `shard` is the same server, possibly with other replicas.
  void update(const Shard& shard, config::ReadFrom read_from, const config::Timeouts& timeouts);
  // Every few milliseconds: `now_ns` is the monotonic clock.
  void tick(uint64_t now_ns);

  // Calls `visit(Upstream&)` for each connection that carries requests.
  template <typename Visit>
  void for_each(Visit visit) {
    visit(main_);
    if (large_) visit(*large_);
    replicas_.for_each(visit);
  }
  // Frees connections that have closed: not while somebody remembers them from for_each().
  void drop_closed() { replicas_.drop_closed(); }

  // No more requests will come: each closes when its last is answered.
  void retire();
  // The same without waiting: what is in flight fails.
  void abandon();
  // Whether it may be destroyed.
  bool closed() const;

 private:
  void open(std::unique_ptr<Upstream>& connection);
  // Tells the log and the metrics when the breaker has opened or closed.
  void report_breaker();

  Worker& worker_;
  const std::shared_ptr<const Shard> shard_;
  config::Timeouts timeouts_;
  metrics::ShardMetrics& metrics_;
  Breaker breaker_;
  Upstream main_;
  std::unique_ptr<Upstream> large_;
  std::unique_ptr<Upstream> control_;
  Replicas replicas_;
};

}  // namespace slotway::proxy
