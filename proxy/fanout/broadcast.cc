#include "proxy/fanout/broadcast.h"

#include "proxy/fanout/merge.h"
#include "proxy/fanout/scan.h"
#include "proxy/request_encoding.h"
#include "proxy/worker.h"

namespace slotway::proxy {

Routed to_all_shards(Session& session, const wire::Command& command, wire::Args args,
                     FanOut::Merge merge) {
  // Which shards are all is not settled: what runs there now must not meet what runs there later.
  if (session.pool().topology().has_moving_slots()) return Routed::kHold;
  std::vector<Upstream*> upstreams;
  for (const auto& shard : session.pool().shards()) {
    const Destination destination = find_destination(session, *shard);
    if (destination.hold()) return Routed::kHold;
    if (!destination.ready()) {
      session.reply_error(&command, destination.error());
      return Routed::kDone;
    }
    upstreams.push_back(destination.upstream);
  }
  Request* const parent = session.expect_reply(&command);
  auto* const fan_out = new FanOut(session.worker(), *parent, upstreams.size(), std::move(merge));
  for (size_t i = 0; i < upstreams.size(); ++i) {
    encode_request(upstreams[i]->output(), args);
    push_part(*fan_out, i, *upstreams[i], command);
  }
  return Routed::kDone;
}

Routed to_one_shard(Session& session, const wire::Command& command, wire::Args args,
                    const Destination& destination, FanOut::Merge merge, bool for_all) {
  if (destination.hold()) return Routed::kHold;
  if (!destination.ready()) {
    session.reply_error(&command, destination.error());
    return Routed::kDone;
  }
  auto* const fan_out =
      new FanOut(session.worker(), *session.expect_reply(&command), 1, std::move(merge));
  fan_out->by_name = !for_all;
  encode_request(destination.upstream->output(), args);
  push_part(*fan_out, 0, *destination.upstream, command);
  return Routed::kDone;
}

Routed broadcast(Session& session, const wire::Command& command, wire::Args args) {
  const wire::CommandSpec& spec = *command.spec;
  // The one row whose request policy is special goes to one shard after the other by its cursor;
  // the one whose output is random gives any shard's answer. A test holds the table to that.
  if (spec.request_policy == wire::RequestPolicy::kSpecial) return scan(session, command, args);
  const bool any = spec.tips & wire::kNondeterministicOutput;
  return to_all_shards(session, command, args, any ? FanOut::Merge(&merge_any) : merge_for(spec));
}

}  // namespace slotway::proxy
