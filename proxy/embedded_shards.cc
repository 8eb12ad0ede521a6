#include "proxy/embedded_shards.h"

#include <algorithm>
#include <set>

#include "backend/settings.h"
#include "proxy/topology.h"

namespace slotway::proxy {

namespace {

// The proxy's workers, and whoever looks at the shard with redis-cli.
constexpr uint32_t kEmbeddedClients = 10000;

std::pair<std::string, std::string> id_of(const config::Pool& pool, const config::Shard& shard) {
  return {pool.name, shard.name};
}

template <typename Visit>
void each_embedded(const config::Config& config, Visit visit) {
  for (const config::Pool& pool : config.pools) {
    for (const config::Shard& shard : pool.shards) {
      if (shard.primary.kind == config::Address::Kind::kEmbedded) visit(pool, shard);
    }
  }
}

const config::Pool* find_pool(const config::Config& config, const std::string& name) {
  const auto found = std::find_if(config.pools.begin(), config.pools.end(),
                                  [&](const config::Pool& pool) { return pool.name == name; });
  return found == config.pools.end() ? nullptr : &*found;
}

// Whether `pool` gives the slot to the embedded shard called `shard`.
bool owns(const config::Pool* pool, const std::string& shard, wire::Slot slot) {
  if (!pool || pool->slot_owner[slot] == config::kNoShard) return false;
  const config::Shard& owner = pool->shards[pool->slot_owner[slot]];
  return owner.name == shard && owner.primary.kind == config::Address::Kind::kEmbedded;
}

// The ranges that `shard` of `pool` has and does not have in `next`.
std::vector<config::SlotRange> leaving_slots(const config::Pool& pool, const config::Pool* next,
                                             const config::Shard& shard) {
  std::vector<config::SlotRange> ranges;
  for (wire::Slot slot = 0; slot < wire::kSlotCount; ++slot) {
    if (!owns(&pool, shard.name, slot) || owns(next, shard.name, slot)) continue;
    if (ranges.empty() || ranges.back().last + 1 != slot) ranges.push_back({slot, slot});
    ranges.back().last = slot;
  }
  return ranges;
}

}  // namespace

Status EmbeddedShards::start(const config::Config& config) {
  Status status = success();
  each_embedded(config, [&](const config::Pool& pool, const config::Shard& shard) {
    const Id id = id_of(pool, shard);
    if (!status.ok() || servers_.contains(id)) return;
    backend::Settings settings;
    settings.unix_socket = "@" + embedded_socket_name(pool.name, shard.name).substr(1);
    settings.max_clients = kEmbeddedClients;
    settings.active_defrag = false;  // what is resident is not its own alone
    auto server = std::make_unique<backend::Server>(std::move(settings));
    const Status started = server->start();
    if (started.ok()) {
      const std::lock_guard lock(mutex_);
      servers_.emplace(id, std::move(server));
    } else {
      status = Error{"start", "embedded shard " + pool.name + "/" + shard.name + ": " +
                                  started.error().message};
    }
  });
  return status;
}

void EmbeddedShards::retain(const config::Config& config) {
  std::set<Id> wanted;
  each_embedded(config, [&](const config::Pool& pool, const config::Shard& shard) {
    wanted.insert(id_of(pool, shard));
  });
  decltype(servers_) gone;  // ends outside of the lock: that takes as long as the data is large
  const std::lock_guard lock(mutex_);
  for (auto at = servers_.begin(); at != servers_.end();) {
    const auto server = at++;
    if (!wanted.contains(server->first)) gone.insert(servers_.extract(server));
  }
}

std::vector<backend::LabelledSample> EmbeddedShards::samples() const {
  std::vector<backend::LabelledSample> samples;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, server] : servers_) {
    samples.push_back({{{"pool", id.first}, {"shard", id.second}}, server->sample()});
  }
  return samples;
}

Status EmbeddedShards::check(const config::Config& current, const config::Config& next) const {
  Status status = success();
  each_embedded(current, [&](const config::Pool& pool, const config::Shard& shard) {
    const auto server = servers_.find(id_of(pool, shard));
    if (!status.ok() || server == servers_.end() || server->second->key_count() == 0) return;
    for (const config::SlotRange range : leaving_slots(pool, find_pool(next, pool.name), shard)) {
      if (server->second->key_count(range.first, range.last) == 0) continue;
      status =
          Error{"reload", "slots " + std::to_string(range.first) + "-" +
                              std::to_string(range.last) + " would leave the embedded shard '" +
                              shard.name + "', which holds keys in them"};
      return;
    }
  });
  return status;
}

}  // namespace slotway::proxy
