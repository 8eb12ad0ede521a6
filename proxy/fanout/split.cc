#include "proxy/fanout/split.h"

#include <algorithm>
#include <vector>

#include "proxy/fanout/fan_out.h"
#include "proxy/fanout/merge.h"
#include "proxy/request_encoding.h"
#include "proxy/tracking.h"
#include "proxy/worker.h"
#include "wire/command_error.h"

namespace slotway::proxy {

namespace {

struct Share {
  Upstream* upstream;
  size_t keys = 0;
  std::vector<uint64_t> hashes = {};  // of them, if hot keys are looked for
};

// Which shares the keys make, and the share of each key. Allocates for each command: it becomes
// several requests, and the order of the keys outlives this call.
struct Plan {
  std::vector<Share> shares;
  std::vector<uint32_t> order;
  bool hold = false;
  std::string error;  // why there is no plan
};

Plan plan_for(Session& session, wire::Args keys, size_t step) {
  Pool& pool = session.pool();
  const HotKeys& hot_keys = pool.hot_keys();
  const bool names = hot_keys.names_matter();
  Plan plan;
  plan.order.reserve(keys.size() / step);
  std::vector<int32_t> share_of_shard(pool.shards().size(), -1);
  for (size_t i = 0; i < keys.size(); i += step) {
    const wire::Slot slot = wire::slot_of_key(keys[i]);
    const ShardIndex shard = pool.topology().shard_of_slot(slot);
    if (shard >= Topology::kMoving || share_of_shard[shard] < 0) {
      const Destination destination = find_destination(session, slot);
      if (!destination.ready()) {
        plan.hold = destination.hold();
        if (!plan.hold) plan.error = destination.error();
        return plan;
      }
      share_of_shard[shard] = static_cast<int32_t>(plan.shares.size());
      plan.shares.push_back({destination.upstream});
    }
    const auto share = static_cast<uint32_t>(share_of_shard[shard]);
    ++plan.shares[share].keys;
    pool.slot_counts().add(slot);
    if (names) plan.shares[share].hashes.push_back(hot_keys.hash_of(keys[i]));
    plan.order.push_back(share);
  }
  return plan;
}

}  // namespace

Routed split(Session& session, const wire::Command& command, const wire::Request& request,
             const wire::BlockRef& block) {
  const wire::Args args = request.args;
  // The keys of a split command reach to its end, at equal steps (a test holds the rows to it).
  const auto step = static_cast<size_t>(command.key_range.step);
  const wire::Args keys = args.subspan(1);
  if (keys.size() % step != 0) {
    session.reply_error(&command, wire::arity_error(command));
    return Routed::kDone;
  }
  Plan plan = plan_for(session, keys, step);
  if (plan.hold) return Routed::kHold;
  if (!plan.error.empty()) {
    session.reply_error(&command, plan.error);
    return Routed::kDone;
  }
  if (session.pool().hot_keys().is_over_limit(command, args)) {
    session.reply_error(&command, HotKeys::kOverLimit);
    return Routed::kDone;
  }
  if (plan.shares.size() == 1) {
    forward_to(*plan.shares[0].upstream, session, command, request, block);
    return Routed::kDone;
  }
  for (const Share& share : plan.shares) {
    if (Tracking* const tracking = session.tracking()) tracking->announce(*share.upstream);
    wire::ReplyWriter writer(share.upstream->output());
    writer.array(1 + share.keys * step);
    writer.bulk(args[0]);
  }
  for (size_t key = 0; key < plan.order.size(); ++key) {
    wire::ReplyWriter writer(plan.shares[plan.order[key]].upstream->output());
    for (const std::string_view arg : keys.subspan(key * step, step)) {
      if (request.is_inline) {
        writer.bulk(arg);
      } else {
        writer.bulk(block, arg);
      }
    }
  }
  auto* const fan_out =
      new FanOut(session.worker(), *session.expect_reply(&command), plan.shares.size(),
                 merge_for(*command.spec, std::move(plan.order)));
  for (size_t i = 0; i < plan.shares.size(); ++i) {
    Share& share = plan.shares[i];
    push_part(*fan_out, i, *share.upstream, command,
              share.hashes.empty() ? NamedKeys() : NamedKeys::many(std::move(share.hashes)));
  }
  return Routed::kDone;
}

}  // namespace slotway::proxy
