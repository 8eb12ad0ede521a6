// ReplyTimes: how long the stages of a request took up to its reply, and whose reply it was.
//
// Plain values, in nanoseconds; the sum of the stages is the time that the client has waited so
// far.
#pragma once

#include <algorithm>
#include <cstdint>

#include "metrics/shard_metrics.h"
#include "proxy/upstream/send_times.h"

namespace slotway::proxy {

struct ReplyTimes {
  uint64_t route_ns = 0;
  uint64_t queue_ns = 0;
  uint64_t shard_ns = 0;
  // Null: no shard's. Lives as long as the worker.
  const metrics::ShardMetrics* shard = nullptr;

  uint64_t total_ns() const { return route_ns + queue_ns + shard_ns; }
};

// Where a reply comes from. No shard: from the proxy itself.
struct ReplyOrigin {
  const SendTimes::Mark* mark = nullptr;  // of the request; null: not known
  const metrics::ShardMetrics* shard = nullptr;
};

// Of a request that was held for `held_ns`, then routed at `started_ns`, and whose reply was read
// at `now_ns`.
inline ReplyTimes times_of(uint64_t started_ns, uint64_t held_ns, const ReplyOrigin& origin,
                           uint64_t now_ns) {
  // Answered by others than one connection to a shard: those were waited for.
  if (!origin.mark) {
    return {.route_ns = held_ns, .shard_ns = now_ns - started_ns, .shard = origin.shard};
  }
  const SendTimes::Mark& mark = *origin.mark;
  const uint64_t routed = std::clamp(mark.routed_ns, started_ns, now_ns);
  // The reply may be there before the end of the write has been told.
  const uint64_t sent = mark.sent_ns == 0 ? now_ns : std::clamp(mark.sent_ns, routed, now_ns);
  return {held_ns + routed - started_ns, sent - routed, now_ns - sent, origin.shard};
}

}  // namespace slotway::proxy
