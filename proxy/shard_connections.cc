#include "proxy/shard_connections.h"

#include "metrics/log.h"

namespace slotway::proxy {

ShardConnections::ShardConnections(Worker& worker, const Shard& shard, config::ReadFrom read_from,
                                   const config::Timeouts& timeouts, metrics::ShardMetrics& metrics)
    : worker_(worker),
      shard_(std::make_shared<const Shard>(shard)),
      timeouts_(timeouts),
      metrics_(metrics),
      main_(worker, shard_, timeouts, metrics, breaker_),
      replicas_(worker, metrics) {
  replicas_.update(shard, read_from, timeouts);
}

void ShardConnections::open(std::unique_ptr<Upstream>& connection) {
  connection = std::make_unique<Upstream>(worker_, shard_, timeouts_, metrics_, breaker_);
}

void ShardConnections::update(const Shard& shard, config::ReadFrom read_from,
                              const config::Timeouts& timeouts) {
  timeouts_ = timeouts;
  main_.update_timeouts(timeouts);
  if (large_) large_->update_timeouts(timeouts);
  if (control_) control_->update_timeouts(timeouts);
  replicas_.update(shard, read_from, timeouts);
}

void ShardConnections::tick(uint64_t now_ns) {
  main_.tick(now_ns);
  if (large_) large_->tick(now_ns);
  if (control_) control_->tick(now_ns);
  replicas_.tick(now_ns, main_);
  report_breaker();
  if (!breaker_.take_probe(now_ns)) return;
  if (!control_) {
    open(control_);  // greets with a probe
  } else if (control_->idle()) {
    control_->probe();
  }
}

void ShardConnections::report_breaker() {
  const int64_t is_open = breaker_.open();
  if (metrics_.breakers_open.value() == is_open) return;
  metrics_.breakers_open.set(is_open);
  if (is_open) {
    metrics::log::warn("{} does not answer: requests to it fail until it does", shard_->label());
  } else {
    metrics::log::info("{} answers again", shard_->label());
  }
}

void ShardConnections::retire() {
  metrics_.breakers_open.set(0);
  main_.retire();
  if (large_) large_->retire();
  replicas_.retire();
  if (control_) control_->abandon();
}

void ShardConnections::abandon() {
  metrics_.breakers_open.set(0);
  main_.abandon();
  if (large_) large_->abandon();
  if (control_) control_->abandon();
  replicas_.abandon();
}

bool ShardConnections::closed() const {
  return main_.closed() && (!large_ || large_->closed()) && (!control_ || control_->closed()) &&
         replicas_.closed();
}

}  // namespace slotway::proxy
