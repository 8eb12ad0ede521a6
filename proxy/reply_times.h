// ReplyTimes: how long the stages of a request took up to its reply, and whose reply it was.
//
// Plain values, in nanoseconds; the sum of the stages is the time from started_ns to the reply.
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

// Of a request whose bytes had been read at `started_ns` and whose reply was read at `now_ns`.
inline ReplyTimes times_of(uint64_t started_ns, const SendTimes::Mark& mark, uint64_t now_ns,
                           const metrics::ShardMetrics* shard) {
  const uint64_t routed = std::clamp(mark.routed_ns, started_ns, now_ns);
  // The reply may be there before the end of the write has been told.
  const uint64_t sent = mark.sent_ns == 0 ? now_ns : std::clamp(mark.sent_ns, routed, now_ns);
  return {routed - started_ns, sent - routed, now_ns - sent, shard};
}

}  // namespace slotway::proxy
