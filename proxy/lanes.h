// Lanes: one worker's connections to one server, primary or replica, that carry requests.
//
//   main    opened at once, shared by all sessions
//   large   for sessions with large requests or replies, so that the others do not wait behind
//           them; opened when first needed
//
// They share a breaker: each says something about the same server. One worker thread.
#pragma once

#include <memory>

#include "proxy/breaker.h"
#include "proxy/upstream.h"

namespace slotway::proxy {

class Lanes {
 public:
  // Starts to connect. `metrics` must outlive this.
  Lanes(Worker& worker, std::shared_ptr<const Shard> server, const config::Timeouts& timeouts,
        metrics::ShardMetrics& metrics);

  const std::shared_ptr<const Shard>& server() const { return server_; }
  Breaker& breaker() { return breaker_; }
  const Breaker& breaker() const { return breaker_; }

  Upstream& main() { return main_; }
  const Upstream& main() const { return main_; }
  Upstream& large();
  Upstream& of(bool is_large) { return is_large ? large() : main_; }
  // One more that shares the breaker; the caller's.
  std::unique_ptr<Upstream> open_another();

  void update_timeouts(const config::Timeouts& timeouts);
  // Every few milliseconds: `now_ns` is the monotonic clock.
  void tick(uint64_t now_ns);

  template <typename Visit>
  void for_each(Visit visit) {
    visit(main_);
    if (large_) visit(*large_);
  }

  // No more requests will come: each closes when its last is answered.
  void retire();
  // The same without waiting: what is in flight fails.
  void abandon();
  // Whether it may be destroyed.
  bool closed() const { return main_.closed() && (!large_ || large_->closed()); }

 private:
  Worker& worker_;
  const std::shared_ptr<const Shard> server_;
  config::Timeouts timeouts_;
  metrics::ShardMetrics& metrics_;
  Breaker breaker_;
  Upstream main_;
  std::unique_ptr<Upstream> large_;
};

}  // namespace slotway::proxy
