// WAIT: until replicas have what the session has written.
//
// The writes went by connections that are everybody's, and a server waits for what was written up
// to the last command of the connection that asks (before Redis 7.2), or the last that was sent on
// to replicas (since). So the session gets a connection of its own to each shard (pins.h), which
// asks who it is, publishes to a sharded channel, which patterns never see, and then waits: that
// covers all that the server had executed by then, the session's writes among it. A server in
// cluster mode does not send such a message on to its replicas: there WAIT is refused. The answer
// is the smallest number of replicas of any shard, as Redis's command tips say.

#include <algorithm>
#include <string>
#include <vector>

#include "proxy/fanout/fan_out.h"
#include "proxy/fanout/reply_cursor.h"
#include "proxy/local/local_commands.h"
#include "proxy/request_encoding.h"
#include "proxy/worker.h"
#include "wire/number.h"

namespace slotway::proxy {

namespace {

// What goes to each shard; two of them are parts of the fan-out.
enum Question : size_t { kIsCluster, kWaits, kQuestions };

bool smallest(FanOut& fan_out, wire::OutputBuffer& out, std::string& error) {
  int64_t replicas = INT64_MAX;
  for (size_t i = 0; i < fan_out.parts().size(); i += kQuestions) {
    Part& waits = fan_out.parts()[i + kWaits];
    const auto count = ReplyCursor(waits.reply.contiguous(out.pool())).integer();
    if (!fan_out.parts()[i + kIsCluster].failed) {
      error = waits.source->label() + " is in cluster mode: WAIT is not supported there";
    } else if (waits.failed || !count) {
      error = waits.source->label() + " did not answer WAIT";
    } else {
      replicas = std::min(replicas, *count);
    }
  }
  if (error.empty()) wire::ReplyWriter(out).integer(replicas);
  return error.empty();
}

void ask(FanOut& fan_out, size_t shard, Upstream& pin, const LocalCall& call) {
  Worker& worker = fan_out.worker();
  pin.ask_client_id();
  encode_request(pin.output(), {"SPUBLISH", "slotway:wait", ""});
  pin.push(worker.requests().acquire(wire::find_command("spublish"), worker.turn_ns()));
  encode_request(pin.output(), {"CLUSTER", "KEYSLOT", "slotway:wait"});
  push_part(fan_out, shard * kQuestions + kIsCluster, pin, call.command);
  encode_request(pin.output(), call.args);
  push_part(fan_out, shard * kQuestions + kWaits, pin, call.command);
}

void wait(const LocalCall& call) {
  const auto timeout = wire::parse_integer(call.args[2]);
  if (!wire::parse_integer(call.args[1])) {
    return call.error("ERR value is not an integer or out of range");
  }
  if (!timeout) return call.error("ERR timeout is not an integer or out of range");
  if (*timeout < 0) return call.error("ERR timeout is negative");
  Session& session = call.session;
  // What was not executed yet is not waited for.
  if (!call.may_change_connections()) return;
  const Pool& pool = session.pool();
  std::vector<PinLease> pins;
  std::string problem;
  for (const auto& shard : pool.shards()) {
    pins.push_back(
        shard->pins().take(session.protocol(), pool.settings().limits.pinned_connections));
    if (pins.back() && pins.back().available()) continue;
    if (pins.back()) {
      const Error error = pins.back()->refuse();
      problem = error.code + " " + error.message;
    } else {
      problem = "ERR too many clients WATCH or wait: all pinned_connections of " +
                shard->shard().label() + " are in use";
      pins.pop_back();
    }
    for (PinLease& pin : pins) pin.mark_clean();
    return call.error(problem);
  }
  auto* const fan_out = new FanOut(session.worker(), *session.expect_reply(&call.command),
                                   pins.size() * kQuestions, &smallest);
  fan_out->tolerant = true;
  for (size_t i = 0; i < pins.size(); ++i) {
    Upstream& pin = *pins[i];
    session.block_on(std::move(pins[i]));
    ask(*fan_out, i, pin, call);
  }
}

constexpr LocalBinding kBindings[] = {{"wait", &wait}};

}  // namespace

std::span<const LocalBinding> wait_bindings() { return kBindings; }

}  // namespace slotway::proxy
