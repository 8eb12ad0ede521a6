#include "proxy/pool.h"

#include <algorithm>

#include "proxy/server.h"
#include "proxy/worker.h"

namespace slotway::proxy {

PoolSettings::PoolSettings(const config::Pool& pool)
    : name(pool.name),
      topology(std::make_shared<const Topology>(pool)),
      users(pool.users),
      replica_use{pool.read_from, pool.hot_keys.spreads()},
      announce(pool.announce),
      timeouts(pool.timeouts),
      limits(pool.limits),
      hot_keys(pool.hot_keys) {
  request_limits.bulk_size = static_cast<int64_t>(limits.bulk_size);
  request_limits.request_size = limits.request_size;
  guest_limits = request_limits;
  guest_limits.authenticated = false;
}

PoolSettings::PoolSettings(const PoolSettings& other,
                           std::shared_ptr<const Topology> other_topology)
    : PoolSettings(other) {
  topology = std::move(other_topology);
}

Pool::Pool(Worker& worker, std::shared_ptr<const PoolSettings> settings)
    : worker_(worker),
      wait_settings_(worker.server().wait_settings()),
      observed_(worker.server().observed_requests(settings->name)),
      slot_counts_(worker.metrics().slots(settings->name)),
      subscribers_(*this, worker.server().subscriber_counts(settings->name)),
      monitors_(worker, *this),
      scripts_(worker.server().script_cache(settings->name)),
      hot_keys_(worker, *this, worker.server().hot_keys(settings->name)) {
  install(std::move(settings));
}

void Pool::install(std::shared_ptr<const PoolSettings> settings) {
  const bool moves = settings_ && (topology().has_moving_slots() ||
                                   !topology().moved_slots(*settings->topology).empty());
  const bool other_hot_keys = settings_ && settings_->hot_keys != settings->hot_keys;
  if (settings_) mark_losing(*settings->topology);
  settings_ = std::move(settings);
  handing_over_ = false;
  const auto open = [&](const Shard& shard) {
    return std::make_unique<ShardConnections>(
        worker_, shard, settings_->replica_use, settings_->timeouts,
        worker_.metrics().shard(settings_->name, shard.name), hot_keys_.coherence_of(shard));
  };
  hot_keys_.follow_settings(other_hot_keys);
  std::vector<std::unique_ptr<ShardConnections>> next;
  for (const Shard& shard : topology().shards()) {
    auto kept = take_kept(shard);
    if (kept) kept->update(shard, settings_->replica_use, settings_->timeouts);
    next.push_back(kept ? std::move(kept) : open(shard));
    // What was cached may be another's from now on.
    if (moves) next.back()->coherence().state().bump();
  }
  shards_.swap(next);
  for (auto& connections : incoming_) next.push_back(std::move(connections));
  incoming_.clear();
  if (topology().next()) {
    for (const Shard& shard : topology().next()->shards()) {
      const bool is_known = std::any_of(shards_.begin(), shards_.end(), [&](const auto& known) {
        return known->shard().same_server(shard);
      });
      if (!is_known) incoming_.push_back(open(shard));
    }
  }
  // Whoever is told now that a connection has gone finds the new ones.
  for (auto& connections : next) {
    if (!connections) continue;
    connections->retire();
    retiring_.push_back(std::move(connections));
  }
  for (Upstream* const upstream : subscribers_.follow_topology()) {
    if (topology().next()) await_answer(*upstream);
  }
  note_busy();
}

// Null if there are none to that server.
std::unique_ptr<ShardConnections> Pool::take_kept(const Shard& shard) {
  for (auto* list : {&shards_, &incoming_}) {
    for (auto& connections : *list) {
      if (connections && connections->shard().same_server(shard)) return std::move(connections);
    }
  }
  return nullptr;
}

// Of a server that is out of reach nothing is awaited, and of one that is silent no longer than
// requests may take.
void Pool::await_answer(Upstream& subscription) {
  if (!subscription.available()) return;
  subscription.probe();
  marks_.emplace_back(&subscription, subscription.pushed_count());
}

void Pool::hand_over() {
  if (!topology().next()) return;
  for (size_t i = 0; i < shards_.size(); ++i) {
    Subscription* const subscription = losing_[i] ? shards_[i]->open_subscription() : nullptr;
    if (subscription) await_answer(subscription->upstream());
  }
  handing_over_ = true;
}

void Pool::mark_losing(const Topology& next) {
  losing_.assign(shards_.size(), false);
  for (wire::Slot slot = 0; slot < wire::kSlotCount; ++slot) {
    const ShardIndex owner = topology().shard_of_slot(slot);
    if (owner < Topology::kMoving && next.shard_of_slot(slot) == Topology::kMoving) {
      losing_[owner] = true;
    }
  }
  marks_.clear();
  for (size_t i = 0; i < shards_.size(); ++i) {
    if (!losing_[i]) continue;
    shards_[i]->pins().end_waits("slots of the shard move");
    shards_[i]->for_each([this](const Upstream& upstream) {
      marks_.emplace_back(&upstream, upstream.pushed_count());
    });
  }
}

bool Pool::drained() const {
  return std::all_of(marks_.begin(), marks_.end(),
                     [](const auto& mark) { return mark.first->settled_count() >= mark.second; });
}

void Pool::tick(uint64_t now_ns) {
  hot_keys_.tick(now_ns);
  const bool probe = scripts_.has_busy();
  for (const auto& connections : shards_) connections->tick(now_ns, probe);
  for (const auto& connections : incoming_) connections->tick(now_ns, false);
  for (const auto& connections : retiring_) connections->tick(now_ns, false);
  note_busy();
  // What the marks name must last as long as they are asked.
  if (!drained()) return;
  marks_.clear();
  for (const auto& connections : shards_) connections->drop_closed();
  std::erase_if(retiring_, [](const auto& connections) { return connections->closed(); });
}

void Pool::note_busy() {
  busy_shard_ = nullptr;
  size_t busy = 0;
  for (const auto& connections : shards_) {
    if (!connections->is_busy()) continue;
    ++busy;
    if (!busy_shard_) busy_shard_ = connections.get();
  }
  scripts_.note_busy(busy);
}

void Pool::close() {
  for (auto* list : {&shards_, &incoming_}) {
    for (auto& connections : *list) retiring_.push_back(std::move(connections));
    list->clear();
  }
  note_busy();
  for (const auto& connections : retiring_) connections->abandon();
}

bool Pool::closed() const {
  return std::all_of(retiring_.begin(), retiring_.end(),
                     [](const auto& connections) { return connections->closed(); });
}

}  // namespace slotway::proxy
