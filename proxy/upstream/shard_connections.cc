#include "proxy/upstream/shard_connections.h"

#include "metrics/log.h"
#include "proxy/hotkeys/owned_keys.h"
#include "proxy/server.h"
#include "proxy/worker.h"
#include "wire/unix_time.h"

namespace slotway::proxy {

namespace {

config::Timeouts control_timeouts(config::Timeouts timeouts) {
  timeouts.connect = timeouts.request = timeouts.stall;
  return timeouts;
}

}  // namespace

ShardConnections::ShardConnections(Worker& worker, const Shard& shard, ReplicaUse use,
                                   const config::Timeouts& timeouts, metrics::ShardMetrics& metrics,
                                   Coherence coherence)
    : metrics_(metrics),
      worker_(worker),
      coherence_(std::move(coherence)),
      control_timeouts_(control_timeouts(timeouts)),
      primary_(worker, std::make_shared<const Shard>(shard), timeouts, metrics, coherence_),
      pins_(primary_, worker.server().pin_allowance()),
      replicas_(worker, metrics, coherence_) {
  replicas_.update(shard, use, timeouts);
  note_change();
}

void ShardConnections::update(const Shard& shard, ReplicaUse use,
                              const config::Timeouts& timeouts) {
  primary_.update_timeouts(timeouts);
  control_timeouts_ = control_timeouts(timeouts);
  if (control_) control_->update_timeouts(control_timeouts_);
  pins_.for_each([&](Upstream& pin) { pin.update_timeouts(timeouts); });
  if (subscription_) subscription_->upstream().update_timeouts(timeouts);
  if (fetch_line_) fetch_line_->upstream().update_timeouts(timeouts);
  replicas_.update(shard, use, timeouts);
}

Subscription& ShardConnections::subscription(Subscribers& subscribers) {
  if (!subscription_) subscription_ = std::make_unique<Subscription>(primary_, subscribers);
  return *subscription_;
}

FetchLine& ShardConnections::fetch_line(OwnedKeys& owned) {
  if (!fetch_line_) {
    fetch_line_ = std::make_unique<FetchLine>(worker_, primary_, coherence_, owned);
  }
  return *fetch_line_;
}

void ShardConnections::tick(uint64_t now_ns, bool probe) {
  primary_.tick(now_ns);
  if (control_) control_->tick(now_ns);
  pins_.tick(now_ns);
  if (subscription_) subscription_->tick(now_ns);
  if (fetch_line_) fetch_line_->tick(now_ns);
  replicas_.tick(now_ns, primary_.main());
  if (leaving_) return;  // nobody asks any more whether it is well
  report(primary_.breaker().open(), answers());
  watch_waits(now_ns);
  if (!primary_.breaker().open() ? !probe && !waits_for_script(now_ns)
                                 : !primary_.breaker().take_probe(now_ns)) {
    return;
  }
  if (primary_.main().idle()) {
    primary_.main().probe();
  } else if (!control_) {
    control();  // greets with a probe
  } else if (control_->idle()) {
    control_->probe();
  }
}

// Nobody expects an answer to what waits: whether the server is there is seen on other connections.
void ShardConnections::watch_waits(uint64_t now_ns) {
  const bool silent = primary_.breaker().take_silence();
  if (!pins_.has_waits()) return;
  if (silent) pins_.fail_waits("the server does not answer");
  Upstream& main = primary_.main();
  if (main.idle() && main.probe_due(now_ns)) main.probe();
}

bool ShardConnections::waits_for_script(uint64_t now_ns) {
  bool waits = false;
  primary_.for_each([&](const Upstream& lane) { waits = waits || lane.waits_for_script(now_ns); });
  pins_.for_each([&](const Upstream& pin) { waits = waits || pin.waits_for_script(now_ns); });
  return waits;
}

std::vector<config::Address> ShardConnections::readers(bool spread) {
  std::vector<config::Address> addresses = replicas_.readers(primary_.main(), spread);
  if (addresses.empty() || spread) addresses.insert(addresses.begin(), shard().address);
  return addresses;
}

Upstream& ShardConnections::control() {
  if (!control_) {
    control_ = primary_.open_another();
    control_->update_timeouts(control_timeouts_);
  }
  return *control_;
}

void ShardConnections::note_change() {
  metrics_.answering_since_unix_ms.set(static_cast<int64_t>(wire::unix_ms()));
}

void ShardConnections::report(bool is_open, bool answers) {
  metrics_.breakers_open.add(is_open - shown_open_);
  metrics_.answering.add(answers - shown_answering_);
  if (answers != shown_answering_) note_change();
  if (is_open && !shown_open_ && primary_.breaker().is_busy()) {
    metrics::log::warn("{} is busy: {}", shard().label(), primary_.breaker().busy_text());
  } else if (is_open && !shown_open_) {
    metrics::log::warn("{} does not answer: requests to it fail until it does", shard().label());
  } else if (shown_open_ && !is_open && !leaving_) {
    metrics::log::info("{} answers again", shard().label());
  }
  if (is_open != shown_open_ && !leaving_) {
    metrics::log::audit("pool " + metrics_.pool + ": the breaker of " + shard().label() + " has " +
                        (is_open ? "opened" : "closed"));
  }
  shown_open_ = is_open;
  shown_answering_ = answers;
}

void ShardConnections::leave(std::string_view reason) {
  leaving_ = true;
  report(false, false);
  if (control_) control_->abandon(reason);
  if (subscription_) subscription_->upstream().abandon(reason);
  if (fetch_line_) fetch_line_->leave(reason);
}

void ShardConnections::retire() {
  constexpr std::string_view kReason = "no longer in the configuration";
  leave(kReason);
  pins_.retire(kReason);
  primary_.retire();
  replicas_.retire();
}

void ShardConnections::abandon() {
  leave("the proxy stops");
  pins_.abandon();
  primary_.abandon();
  replicas_.abandon();
}

bool ShardConnections::closed() const {
  return primary_.closed() && (!control_ || control_->closed()) && pins_.closed() &&
         (!subscription_ || subscription_->upstream().closed()) &&
         (!fetch_line_ || fetch_line_->upstream().closed()) && replicas_.closed();
}

}  // namespace slotway::proxy
