#include "proxy/drain.h"

#include <algorithm>

#include "proxy/session.h"
#include "wire/input_end.h"

namespace slotway::proxy {

namespace {

// Bytes of one session's replies that may be held back; more go out as they come.
constexpr size_t kMostHeld = 1 << 20;

size_t most_held(const Session& session) {
  return std::min<size_t>(kMostHeld, session.pool().settings().limits.output_buffer / 2);
}

bool may_end(const Session& session, uint64_t now_ms) {
  const wire::Connection& connection = session.connection();
  if (connection.closing() || session.pending() > 0 || connection.unconsumed() > 0) return false;
  const bool owed = !connection.out().empty();
  const uint64_t active = owed ? connection.last_read_ms()
                               : std::max(connection.last_read_ms(), connection.last_write_ms());
  return now_ms - active >= (owed ? Drain::kQuietMs : Drain::kIdleMs) &&
         wire::end_input(connection.fd());
}

}  // namespace

// Not right in front of the deadline: what is held then would be lost.
bool Drain::is_holding(uint64_t now_ms) const {
  return (now_ms - begin_ms_) % kRoundMs < kHoldMs && now_ms + kHoldMs < deadline_ms_;
}

void Drain::step(Session& session, uint64_t now_ms) const {
  // What it waits for may never come.
  if (now_ms >= deadline_ms_) return session.close(metrics::CloseReason::kDrain);
  if (session.is_blocked()) return session.end_wait(metrics::CloseReason::kDrain);
  session.connection().hold_output(is_holding(now_ms) ? most_held(session) : 0);
  if (may_end(session, now_ms)) session.finish(metrics::CloseReason::kDrain);
}

}  // namespace slotway::proxy
