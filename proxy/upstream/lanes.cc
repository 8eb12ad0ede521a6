#include "proxy/upstream/lanes.h"

#include <algorithm>

namespace slotway::proxy {

Lanes::Lanes(Worker& worker, std::shared_ptr<const Shard> server, const config::Timeouts& timeouts,
             metrics::ShardMetrics& metrics, const Coherence& coherence)
    : worker_(worker),
      server_(std::move(server)),
      timeouts_(timeouts),
      metrics_(metrics),
      coherence_(coherence),
      main_(worker, server_, timeouts, metrics, breaker_, coherence, 2) {}

std::unique_ptr<Upstream> Lanes::open_another(int protocol, PushHandler* push_handler) {
  return std::make_unique<Upstream>(worker_, server_, timeouts_, metrics_, breaker_, coherence_,
                                    protocol, push_handler);
}

Upstream& Lanes::of(Lane lane) {
  if (lane == Lane{}) return main_;
  auto& upstream = others_[static_cast<size_t>(lane.kind) * 2 + (lane.protocol - 2u)];
  if (!upstream) upstream = open_another(lane.protocol);
  return *upstream;
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

bool Lanes::closed() const {
  return main_.closed() &&
         std::ranges::all_of(others_, [](const auto& lane) { return !lane || lane->closed(); });
}

}  // namespace slotway::proxy
