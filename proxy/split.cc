#include "proxy/split.h"

#include <algorithm>
#include <vector>

#include "proxy/fan_out.h"
#include "proxy/merge.h"
#include "proxy/request_encoding.h"
#include "proxy/worker.h"
#include "wire/command_error.h"

namespace slotway::proxy {

namespace {

struct Share {
  Upstream* upstream;
  uint32_t keys = 0;
};

// Which shares the keys make; `order` gets the share of each key. Done, or why not.
struct Plan {
  std::vector<Share> shares;
  std::vector<uint32_t> order;
  bool hold = false;
  std::string error;
};

// One for each worker thread, so that its memory is used again.
Plan& plan_for(Pool& pool, wire::Args keys, size_t step) {
  thread_local Plan plan;
  thread_local std::vector<int32_t> share_of_shard;
  plan.shares.clear();
  plan.order.clear();
  plan.hold = false;
  plan.error.clear();
  share_of_shard.assign(pool.upstreams().size(), -1);
  for (size_t i = 0; i < keys.size(); i += step) {
    const wire::Slot slot = wire::slot_of_key(keys[i]);
    const ShardIndex shard = pool.topology().shard_of_slot(slot);
    if (shard >= Topology::kMoving || share_of_shard[shard] < 0) {
      const Destination destination = find_destination(pool, slot);
      if (destination.hold()) {
        plan.hold = true;
        return plan;
      }
      if (!destination.ready()) {
        plan.error = destination.error();
        return plan;
      }
      share_of_shard[shard] = static_cast<int32_t>(plan.shares.size());
      plan.shares.push_back({destination.upstream});
    }
    const auto share = static_cast<uint32_t>(share_of_shard[shard]);
    ++plan.shares[share].keys;
    plan.order.push_back(share);
  }
  return plan;
}

}  // namespace

Routed split(Session& session, const wire::Command& command, wire::Args args) {
  // The keys of a split command reach to its end, at equal steps (a test holds the rows to it).
  const auto step = static_cast<size_t>(command.key_range.step);
  const wire::Args keys = args.subspan(1);
  if (keys.size() % step != 0) {
    session.reply_error(&command, wire::arity_error(command));
    return Routed::kDone;
  }
  const Plan& plan = plan_for(session.pool(), keys, step);
  if (plan.hold) return Routed::kHold;
  if (!plan.error.empty()) {
    session.reply_error(&command, plan.error);
    return Routed::kDone;
  }
  Worker& worker = session.worker();
  Request* const parent = session.expect_reply(&command);
  auto* const fan_out = new FanOut(worker, *parent, plan.shares.size(), merge_for(*command.spec));
  fan_out->order = plan.order;
  for (size_t i = 0; i < plan.shares.size(); ++i) {
    Upstream& upstream = *plan.shares[i].upstream;
    fan_out->parts()[i].source = &upstream.shard();
    wire::ReplyWriter writer(upstream.output());
    writer.array(1 + plan.shares[i].keys * step);
    writer.bulk(args[0]);
  }
  for (size_t key = 0; key < plan.order.size(); ++key) {
    wire::ReplyWriter writer(plan.shares[plan.order[key]].upstream->output());
    for (size_t i = 0; i < step; ++i) writer.bulk(keys[key * step + i]);
  }
  for (size_t i = 0; i < plan.shares.size(); ++i) {
    push_part(*fan_out, i, *plan.shares[i].upstream, command);
  }
  return Routed::kDone;
}

}  // namespace slotway::proxy
