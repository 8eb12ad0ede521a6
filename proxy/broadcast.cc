#include "proxy/broadcast.h"

#include "proxy/fan_out.h"
#include "proxy/merge.h"
#include "proxy/request_encoding.h"
#include "proxy/scan.h"
#include "proxy/worker.h"

namespace slotway::proxy {

Routed broadcast(Session& session, const wire::Command& command, wire::Args args,
                 FanOut::Merge merge, std::string text, uint64_t detail) {
  const auto& upstreams = session.pool().upstreams();
  for (const auto& upstream : upstreams) {
    const Destination destination = find_destination(*upstream);
    if (destination.hold()) return Routed::kHold;
    if (!destination.ready()) {
      session.reply_error(&command, destination.error());
      return Routed::kDone;
    }
  }
  Request* const parent = session.expect_reply(&command);
  auto* const fan_out = new FanOut(session.worker(), *parent, upstreams.size(), merge);
  fan_out->text = std::move(text);
  fan_out->detail = detail;
  for (size_t i = 0; i < upstreams.size(); ++i) {
    fan_out->parts()[i].source = &upstreams[i]->shard();
    encode_request(upstreams[i]->output(), args);
    push_part(*fan_out, i, *upstreams[i], command);
  }
  return Routed::kDone;
}

Routed broadcast(Session& session, const wire::Command& command, wire::Args args) {
  const wire::CommandSpec& spec = *command.spec;
  // The one row whose request policy is special goes to one shard after the other by its cursor;
  // the one whose output is random gives any shard's answer. A test holds the table to that.
  if (spec.request_policy == wire::RequestPolicy::kSpecial) return scan(session, command, args);
  const bool any = spec.tips & wire::kNondeterministicOutput;
  return broadcast(session, command, args, any ? &merge_any : merge_for(spec));
}

}  // namespace slotway::proxy
