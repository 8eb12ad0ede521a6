#include "proxy/upstream/replicas.h"

#include <algorithm>

#include "proxy/upstream/nearest.h"
#include "proxy/worker.h"

namespace slotway::proxy {

void Replicas::update(const Shard& shard, config::ReadFrom read_from,
                      const config::Timeouts& timeouts) {
  read_from_ = read_from;
  std::vector<std::unique_ptr<Lanes>> before = std::exchange(replicas_, {});
  if (read_from != config::ReadFrom::kPrimary) {
    for (const config::Address& address : shard.replicas) {
      const auto kept = std::ranges::find_if(before, [&](const auto& replica) {
        return replica && replica->server()->address == address;
      });
      if (kept != before.end()) {
        (*kept)->update_timeouts(timeouts);
        replicas_.push_back(std::move(*kept));
      } else {
        replicas_.push_back(std::make_unique<Lanes>(
            worker_, std::make_shared<const Shard>(shard.replica_at(address)), timeouts, metrics_,
            coherence_));
      }
    }
  }
  for (auto& replica : before) {
    if (replica) leave(std::move(replica));
  }
  nearest_ = 0;
}

void Replicas::leave(std::unique_ptr<Lanes> replica) {
  replica->retire();
  leaving_.push_back(std::move(replica));
}

// ---- which

Lanes* Replicas::choose(uint64_t session_id, const Upstream& primary) {
  if (replicas_.empty()) return nullptr;
  return read_from_ == config::ReadFrom::kNearest ? choose_nearest(primary)
                                                  : choose_own(session_id);
}

Lanes* Replicas::choose_own(uint64_t session_id) {
  Lanes& own = *replicas_[session_id % replicas_.size()];
  if (own.main().can_be_read()) [[likely]]
    return &own;
  // The sessions of one that is gone are spread over the others.
  const auto others = static_cast<uint64_t>(std::ranges::count_if(
      replicas_, [](const auto& replica) { return replica->main().can_be_read(); }));
  if (others == 0) return nullptr;
  uint64_t skip = session_id / replicas_.size() % others;
  for (const auto& replica : replicas_) {
    if (replica->main().can_be_read() && skip-- == 0) return replica.get();
  }
  return nullptr;
}

Lanes* Replicas::choose_nearest(const Upstream& primary) {
  const auto at = [this] { return nearest_ == 0 ? nullptr : replicas_[nearest_ - 1].get(); };
  if (!(at() ? at()->main().can_be_read() : primary.can_be_read())) [[unlikely]]
    find_nearest(primary);
  Lanes* const chosen = at();
  return chosen && chosen->main().can_be_read() ? chosen : nullptr;
}

void Replicas::find_nearest(const Upstream& primary) {
  const auto estimate = [this](const Upstream& upstream) {
    return upstream.can_be_read() ? upstream.round_trip().estimate(worker_.now_ns())
                                  : RoundTrip::kUnusable;
  };
  estimates_ns_ = {estimate(primary)};
  for (const auto& replica : replicas_) estimates_ns_.push_back(estimate(replica->main()));
  nearest_ = nearest(estimates_ns_, nearest_);
}

// ---- time

void Replicas::tick(uint64_t now_ns, Upstream& primary) {
  for (const auto& replica : leaving_) replica->tick(now_ns);
  if (replicas_.empty()) return;
  const bool measured = read_from_ == config::ReadFrom::kNearest;
  for (const auto& replica : replicas_) {
    replica->tick(now_ns);
    Upstream& upstream = replica->main();
    // The probe also finds out when one is well again.
    if ((measured || !upstream.can_be_read()) && upstream.probe_due(now_ns)) upstream.probe();
  }
  if (!measured) return;
  if (primary.probe_due(now_ns)) primary.probe();
  find_nearest(primary);
}

// ---- end

void Replicas::retire() {
  for (auto& replica : replicas_) leave(std::move(replica));
  replicas_.clear();
}

void Replicas::abandon() {
  retire();
  for (const auto& replica : leaving_) replica->abandon();
}

bool Replicas::closed() const {
  return replicas_.empty() &&
         std::ranges::all_of(leaving_, [](const auto& replica) { return replica->closed(); });
}

void Replicas::drop_closed() {
  std::erase_if(leaving_, [](const auto& replica) { return replica->closed(); });
}

}  // namespace slotway::proxy
