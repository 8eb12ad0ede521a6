#include "wire/client_watch.h"

#include <algorithm>
#include <utility>

namespace slotway::wire {

namespace {

// Bytes per millisecond that a large command has to grow by; less is a trickle.
constexpr uint64_t kFairUpload = 16;

bool passed(uint64_t since_ms, uint64_t limit_ms, uint64_t now_ms) {
  return limit_ms > 0 && now_ms - since_ms > limit_ms;
}

}  // namespace

void ClientWatch::saw_input(const Connection& connection, size_t taken, bool incomplete,
                            uint64_t now_ms) {
  if (taken > 0 || !incomplete) partial_since_ms_ = 0;
  if (incomplete && partial_since_ms_ == 0) {
    partial_since_ms_ = now_ms;
    partial_from_ = connection.bytes_read();
  }
}

bool ClientWatch::takes_nothing(const Connection& connection) {
  if (connection.out().empty()) return false;
  const uint64_t before = std::exchange(taken_mark_, connection.taken_mark());
  return taken_mark_ == before;
}

ClientWatch::Verdict ClientWatch::check(const Connection& connection, bool busy,
                                        const Limits& limits, uint64_t now_ms) {
  if (partial_since_ms_ != 0 && passed(partial_since_ms_, limits.partial, now_ms)) {
    const uint64_t grown = connection.bytes_read() - partial_from_;
    if (grown < kFairUpload * (now_ms - partial_since_ms_)) return Verdict::kPartial;
    // Fast so far; from here on anew, so that no fast beginning pays for a silent end.
    partial_since_ms_ = now_ms;
    partial_from_ = connection.bytes_read();
  }
  if (!takes_nothing(connection)) {
    stalled_since_ms_ = 0;
  } else if (stalled_since_ms_ == 0) {
    stalled_since_ms_ = now_ms;
  } else if (passed(stalled_since_ms_, limits.stalled, now_ms)) {
    return Verdict::kStalled;
  }
  const uint64_t last_active = std::max(connection.last_read_ms(), connection.last_write_ms());
  if (!busy && connection.out().empty() && passed(last_active, limits.idle, now_ms)) {
    return Verdict::kIdle;
  }
  return Verdict::kFine;
}

}  // namespace slotway::wire
