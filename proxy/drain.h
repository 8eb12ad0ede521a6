// Drain: how a worker takes leave of its sessions when the proxy stops, so that as few requests as
// possible meet a connection that has ended.
//
// TCP cannot refuse a request: what a client sends before it hears of the end is lost. So:
//   1. A session ends only when everything that has come from it is answered, and nothing waits in
//      its socket.
//   2. Replies are held back until the client has been quiet for kQuietMs. Whoever waits for them
//      before asking further has then sent all it wants; the replies and the end of the stream
//      leave together, so that it sees the end before it can ask again.
//   3. Holding back takes kHoldMs at most out of each kRoundMs: a slow shard's reply is not worth
//      waiting for with the others, and a client that asks on without waiting is never quiet.
//   4. A session to which nothing is owed ends when it has been idle for kIdleMs. A request that
//      crosses the end on its way is lost then (on a Unix socket it cannot be sent at all).
//   5. At the deadline every session is cut off, whatever is in flight.
//
// Made by a worker when its drain begins; on its thread.
#pragma once

#include <cstdint>

namespace slotway::proxy {

class Session;

class Drain {
 public:
  static constexpr uint64_t kQuietMs = 50;
  static constexpr uint64_t kHoldMs = 250;
  static constexpr uint64_t kRoundMs = 1250;
  static constexpr uint64_t kIdleMs = 250;

  // Times are those of Loop::now_ms().
  Drain(uint64_t now_ms, uint64_t limit_ms) : begin_ms_(now_ms), deadline_ms_(now_ms + limit_ms) {}

  // Every few milliseconds, for each session that is left.
  void step(Session& session, uint64_t now_ms) const;

 private:
  bool is_holding(uint64_t now_ms) const;

  const uint64_t begin_ms_;
  const uint64_t deadline_ms_;
};

}  // namespace slotway::proxy
