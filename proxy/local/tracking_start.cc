#include "proxy/local/tracking_start.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proxy/fanout/gather.h"
#include "proxy/worker.h"

namespace slotway::proxy {

namespace {

// Ends it: nothing of it is there afterwards.
void fail(FanOut& fan_out, std::string_view error) {
  for (size_t left = fan_out.parts().size(), i = 0; i < left; ++i) fan_out.part_failed(i, error);
}

// One CLIENT TRACKING ON under way. What was begun ends with it, unless that has come to be on.
class Attempt {
 public:
  Attempt(const LocalCall& call, const TrackingOptions& options)
      : worker_(call.session.worker()),
        id_(call.session.id()),
        command_(call.command),
        options_(options) {}
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;
  ~Attempt();

  // Of the session to be told: looks for it before any shard hears of it.
  void find_target(FanOut& fan_out);
  // The parts are what the shards say.
  void tell_shards(FanOut& fan_out);
  bool turn_on(Tracking& tracking, std::string& error);

 private:
  Worker& worker_;
  const uint64_t id_;
  const wire::Command& command_;
  const TrackingOptions options_;
  Worker* target_ = nullptr;
  bool told_ = false;
  bool done_ = false;
};

Attempt::~Attempt() {
  const auto found = worker_.sessions().find(id_);
  if (found == worker_.sessions().end() || done_) return;
  Session& session = *found->second;
  const Tracking* const tracking = session.tracking();
  if (!tracking) return;
  if (!tracking->is_on()) {
    session.stop_tracking();
  } else if (told_) {
    // Some shards may have the new options and others the old ones.
    session.finish(metrics::CloseReason::kError);
  }
}

// `fan_out` keeps this until its parts have reported, which none does before.
void Attempt::find_target(FanOut& fan_out) {
  const std::string pool = fan_out.parent()->session->pool().settings().name;
  ask_workers(
      worker_,
      [pool, id = options_.redirect](Worker& worker) {
        const auto session = worker.sessions().find(id);
        const bool has =
            session != worker.sessions().end() && session->second->pool().settings().name == pool;
        return std::optional<Worker*>(has ? &worker : nullptr);
      },
      [this, &fan_out](const std::vector<Worker*>& owners) {
        for (Worker* const owner : owners) target_ = owner ? owner : target_;
        if (target_ && fan_out.parent()) return tell_shards(fan_out);
        fail(fan_out, "ERR The client ID you want redirect to does not exist");
      });
}

void Attempt::tell_shards(FanOut& fan_out) {
  const Tracking& tracking = *fan_out.parent()->session->tracking();
  std::string error;
  if (!tracking.is_intact(error)) return fail(fan_out, "ERR " + error);
  told_ = true;
  for (size_t i = 0; i < tracking.shards(); ++i) {
    push_part(fan_out, i, tracking.write_command(i, options_), command_);
  }
}

bool Attempt::turn_on(Tracking& tracking, std::string& error) {
  if (!tracking.is_intact(error)) return false;
  tracking.turn_on(options_, target_);
  return done_ = true;
}

}  // namespace

void start_tracking(const LocalCall& call, const TrackingOptions& options) {
  Session& session = call.session;
  // What the session has asked for before goes by other connections.
  if (!call.may_change_connections()) return;
  if (session.pool().topology().has_moving_slots()) {
    call.routed = Routed::kHold;
    return;
  }
  if (session.transaction()) return call.error(kBehindWatch);
  Tracking& tracking = session.edit_tracking();
  std::string error;
  switch (tracking.open(options.redirect != 0, error)) {
    case Tracking::Opened::kYes:
      break;
    case Tracking::Opened::kNo:
      if (!tracking.is_on()) session.stop_tracking();
      return call.error(error);
    case Tracking::Opened::kWait:
      call.routed = Routed::kHold;
      return;
  }
  session.settle_first();
  auto attempt = std::make_shared<Attempt>(call, options);
  auto* const fan_out =
      new FanOut(session.worker(), *session.expect_reply(&call.command), tracking.shards(),
                 [attempt](FanOut& whole, wire::OutputBuffer& out, std::string& why) {
                   if (!attempt->turn_on(*whole.parent()->session->tracking(), why)) return false;
                   wire::ReplyWriter(out).ok();
                   return true;
                 });
  if (options.redirect != 0) {
    attempt->find_target(*fan_out);
  } else {
    attempt->tell_shards(*fan_out);
  }
}

}  // namespace slotway::proxy
