#include "proxy/upstream/replicas.h"

#include <algorithm>

#include "proxy/upstream/nearest.h"
#include "proxy/worker.h"

namespace slotway::proxy {

namespace {

constexpr uint64_t kAskReplicationNs = 50'000'000;
constexpr uint64_t kLongestProofNs = 1'000'000'000;
constexpr uint64_t kStopAskingNs = 2'000'000'000;  // behind the last read of a hot key

}  // namespace

void Replicas::update(const Shard& shard, ReplicaUse use, const config::Timeouts& timeouts) {
  use_ = use;
  std::vector<std::unique_ptr<Lanes>> before = std::exchange(replicas_, {});
  if (use.any()) {
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
  catch_ups_.assign(replicas_.size(), {});
}

void Replicas::leave(std::unique_ptr<Lanes> replica) {
  replica->retire();
  leaving_.push_back(std::move(replica));
}

// ---- which

Lanes* Replicas::choose(uint64_t session_id, const Upstream& primary) {
  if (replicas_.empty()) return nullptr;
  return use_.read_from == config::ReadFrom::kNearest ? choose_nearest(primary)
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

Lanes* Replicas::choose_spread(uint64_t session_id, uint64_t since_ns) {
  if (replicas_.empty()) return nullptr;
  const uint64_t now_ns = worker_.now_ns();
  spread_asked_ns_ = now_ns;
  const uint64_t own = session_id % (1 + replicas_.size());
  if (own == 0) return nullptr;
  Lanes& replica = *replicas_[own - 1];
  const uint64_t until_ns = catch_ups_[own - 1].until_ns();
  // What it has said on an earlier connection another process may have said.
  if (until_ns <= since_ns || now_ns > until_ns + kLongestProofNs ||
      replica.main().replication().role != Replication::Role::kReplica ||
      !replica.main().can_be_read()) {
    return nullptr;
  }
  return &replica;
}

std::vector<config::Address> Replicas::readers(const Upstream& primary, bool spread) {
  std::vector<config::Address> addresses;
  if (replicas_.empty() || (use_.spread && !spread)) return addresses;
  if (use_.read_from == config::ReadFrom::kNearest) {
    if (const Lanes* const nearest = choose_nearest(primary)) {
      addresses.push_back(nearest->server()->address);
    }
    return addresses;
  }
  for (const auto& replica : replicas_) {
    if (replica->main().can_be_read()) addresses.push_back(replica->server()->address);
  }
  return addresses;
}

// ---- time

void Replicas::follow(uint64_t now_ns, Upstream& primary) {
  if (now_ns > spread_asked_ns_ + kStopAskingNs) return;
  const bool asks = now_ns >= replication_asked_ns_ + kAskReplicationNs;
  if (asks) replication_asked_ns_ = now_ns;
  if (asks && primary.can_be_read()) primary.ask_replication();
  for (size_t i = 0; i < replicas_.size(); ++i) {
    Upstream& replica = replicas_[i]->main();
    catch_ups_[i].look(primary.replication(), replica.replication());
    if (asks && replica.can_be_read()) replica.ask_replication();
  }
}

void Replicas::tick(uint64_t now_ns, Upstream& primary) {
  for (const auto& replica : leaving_) replica->tick(now_ns);
  if (replicas_.empty()) return;
  const bool measured = use_.read_from == config::ReadFrom::kNearest;
  for (const auto& replica : replicas_) {
    replica->tick(now_ns);
    Upstream& upstream = replica->main();
    // The probe also finds out when one is well again.
    if ((measured || !upstream.can_be_read()) && upstream.probe_due(now_ns)) upstream.probe();
  }
  if (use_.spread) follow(now_ns, primary);
  if (!measured) return;
  if (primary.probe_due(now_ns)) primary.probe();
  find_nearest(primary);
}

// ---- end

void Replicas::retire() {
  for (auto& replica : replicas_) leave(std::move(replica));
  replicas_.clear();
  catch_ups_.clear();
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
