// ReplyTimes: how long the stages of a request took up to its reply, and whose reply it was.
//
// Plain values, in nanoseconds. What every reply is given is an origin; one that waits for its turn
// keeps an arrival; the stages are calculated for those of which they are told.
#pragma once

#include <algorithm>
#include <cstdint>

#include "metrics/shard_metrics.h"
#include "proxy/upstream/send_times.h"

namespace slotway::proxy {

struct Request;

struct ReplyTimes {
  uint64_t route_ns = 0;
  uint64_t queue_ns = 0;
  uint64_t shard_ns = 0;

  // That the client had waited when the reply was read.
  uint64_t total_ns() const { return route_ns + queue_ns + shard_ns; }
};

// Where a reply comes from. No shard: from the proxy itself.
struct ReplyOrigin {
  const SendTimes::Mark* mark = nullptr;  // of the request; null: not known
  // Lives as long as the worker.
  const metrics::ShardMetrics* shard = nullptr;
  const Request* counted = nullptr;  // its command has been counted with the shard's reply
};

// The same for as long as its request lives, and when it was read.
struct ReplyArrival {
  uint64_t read_ns = 0;
  uint64_t routed_ns = 0;  // 0: it has no mark
  uint64_t sent_ns = 0;
  const metrics::ShardMetrics* shard = nullptr;

  ReplyArrival() = default;
  ReplyArrival(const ReplyOrigin& origin, uint64_t now_ns)
      : read_ns(now_ns),
        routed_ns(origin.mark ? origin.mark->routed_ns : 0),
        sent_ns(origin.mark ? origin.mark->sent_ns : 0),
        shard(origin.shard) {}
};

// Of a request that was held for `held_ns`, then routed at `started_ns`.
inline ReplyTimes times_of(uint64_t started_ns, uint64_t held_ns, const ReplyArrival& reply) {
  // Answered by others than one connection to a shard: those were waited for.
  if (reply.routed_ns == 0) return {.route_ns = held_ns, .shard_ns = reply.read_ns - started_ns};
  const uint64_t routed = std::clamp(reply.routed_ns, started_ns, reply.read_ns);
  // The reply may be there before the end of the write has been told.
  const uint64_t sent =
      reply.sent_ns == 0 ? reply.read_ns : std::clamp(reply.sent_ns, routed, reply.read_ns);
  return {held_ns + routed - started_ns, sent - routed, reply.read_ns - sent};
}

}  // namespace slotway::proxy
