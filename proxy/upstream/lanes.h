// Lanes: one worker's connections to one server, primary or replica, that carry requests.
//
//   main       of database 0
//   databases  of the others, each request behind a SELECT where the last was of another
//   large      for sessions with large requests or replies, of any database, so that the others do
//              not wait behind them
//
// each of them for either protocol, since replies are never translated. The main one of RESP2 is
// opened at once, every other when first needed. They share a breaker: each says something about
// the same server. One worker thread.
#pragma once

#include <array>
#include <memory>

#include "proxy/upstream/breaker.h"
#include "proxy/upstream/upstream.h"

namespace slotway::proxy {

struct Lane {
  enum class Kind : uint8_t { kMain, kDatabases, kLarge };

  Kind kind = Kind::kMain;
  uint8_t protocol = 2;  // 2 or 3

  bool operator==(const Lane&) const = default;
};

class Lanes {
 public:
  // Starts to connect. `metrics` and `coherence` must outlive this.
  Lanes(Worker& worker, std::shared_ptr<const Shard> server, const config::Timeouts& timeouts,
        metrics::ShardMetrics& metrics, const Coherence& coherence);

  const std::shared_ptr<const Shard>& server() const { return server_; }
  Breaker& breaker() { return breaker_; }
  const Breaker& breaker() const { return breaker_; }

  Upstream& main() { return main_; }
  const Upstream& main() const { return main_; }
  Upstream& of(Lane lane);
  // One more that shares the breaker; the caller's.
  std::unique_ptr<Upstream> open_another(int protocol = 2, PushHandler* push_handler = nullptr);

  void update_timeouts(const config::Timeouts& timeouts);
  // Every few milliseconds: `now_ns` is the monotonic clock.
  void tick(uint64_t now_ns);

  template <typename Visit>
  void for_each(Visit visit) {
    visit(main_);
    for (const auto& lane : others_) {
      if (lane) visit(*lane);
    }
  }

  // No more requests will come: each closes when its last is answered.
  void retire();
  // The same without waiting: what is in flight fails.
  void abandon();
  // Whether it may be destroyed.
  bool closed() const;

 private:
  Worker& worker_;
  const std::shared_ptr<const Shard> server_;
  config::Timeouts timeouts_;
  metrics::ShardMetrics& metrics_;
  const Coherence& coherence_;
  Breaker breaker_;
  Upstream main_;
  std::array<std::unique_ptr<Upstream>, 6> others_;  // by kind and protocol
};

}  // namespace slotway::proxy
