#include "proxy/lanes.h"

namespace slotway::proxy {

Lanes::Lanes(Worker& worker, std::shared_ptr<const Shard> server, const config::Timeouts& timeouts,
             metrics::ShardMetrics& metrics)
    : worker_(worker),
      server_(std::move(server)),
      timeouts_(timeouts),
      metrics_(metrics),
      main_(worker, server_, timeouts, metrics, breaker_) {}

std::unique_ptr<Upstream> Lanes::open_another() {
  return std::make_unique<Upstream>(worker_, server_, timeouts_, metrics_, breaker_);
}

Upstream& Lanes::large() {
  if (!large_) [[unlikely]] {
    large_ = open_another();
  }
  return *large_;
}

void Lanes::update_timeouts(const config::Timeouts& timeouts) {
  timeouts_ = timeouts;
  for_each([&](Upstream& upstream) { upstream.update_timeouts(timeouts); });
}

void Lanes::tick(uint64_t now_ns) {
  for_each([&](Upstream& upstream) { upstream.tick(now_ns); });
}

void Lanes::retire() {
  for_each([](Upstream& upstream) { upstream.retire(); });
}

void Lanes::abandon() {
  for_each([](Upstream& upstream) { upstream.abandon(); });
}

}  // namespace slotway::proxy
