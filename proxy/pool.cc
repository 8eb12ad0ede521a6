#include "proxy/pool.h"

#include <algorithm>

#include "proxy/server.h"
#include "proxy/worker.h"

namespace slotway::proxy {

PoolSettings::PoolSettings(const config::Pool& pool)
    : name(pool.name),
      topology(std::make_shared<const Topology>(pool)),
      users(pool.users),
      read_from(pool.read_from),
      announce(pool.announce),
      timeouts(pool.timeouts),
      limits(pool.limits) {
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
      slow_log_(wait_settings_),
      subscribers_(*this, worker.server().subscriber_counts(settings->name)),
      monitors_(worker, *this),
      scripts_(worker.server().script_cache(settings->name)) {
  install(std::move(settings));
}

void Pool::install(std::shared_ptr<const PoolSettings> settings) {
  if (settings_) mark_losing(*settings->topology);
  settings_ = std::move(settings);
  std::vector<std::unique_ptr<ShardConnections>> next;
  for (const Shard& shard : topology().shards()) {
    const auto kept = std::find_if(shards_.begin(), shards_.end(), [&](const auto& connections) {
      return connections && connections->shard().same_server(shard);
    });
    if (kept != shards_.end()) {
      (*kept)->update(shard, settings_->read_from, settings_->timeouts);
      next.push_back(std::move(*kept));
    } else {
      next.push_back(std::make_unique<ShardConnections>(
          worker_, shard, settings_->read_from, settings_->timeouts,
          worker_.metrics().shard(settings_->name, shard.name)));
    }
  }
  shards_.swap(next);
  // Whoever is told now that a connection has gone finds the new ones.
  for (auto& connections : next) {
    if (!connections) continue;
    connections->retire();
    retiring_.push_back(std::move(connections));
  }
  subscribers_.follow_topology();
  note_busy();
}

void Pool::mark_losing(const Topology& next) {
  std::vector<bool> loses(shards_.size());
  for (wire::Slot slot = 0; slot < wire::kSlotCount; ++slot) {
    const ShardIndex owner = topology().shard_of_slot(slot);
    if (owner < Topology::kMoving && next.shard_of_slot(slot) == Topology::kMoving) {
      loses[owner] = true;
    }
  }
  marks_.clear();
  for (size_t i = 0; i < shards_.size(); ++i) {
    if (!loses[i]) continue;
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
  const bool probe = scripts_.has_busy();
  for (const auto& connections : shards_) connections->tick(now_ns, probe);
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
  for (auto& connections : shards_) retiring_.push_back(std::move(connections));
  shards_.clear();
  note_busy();
  for (const auto& connections : retiring_) connections->abandon();
}

bool Pool::closed() const {
  return std::all_of(retiring_.begin(), retiring_.end(),
                     [](const auto& connections) { return connections->closed(); });
}

}  // namespace slotway::proxy
