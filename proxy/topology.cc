#include "proxy/topology.h"

#include <unistd.h>

#include <algorithm>

namespace slotway::proxy {

std::string embedded_socket_name(const std::string& pool, const std::string& shard) {
  std::string name(1, '\0');
  name += "slotway-" + std::to_string(getpid()) + "/" + pool + "/" + shard;
  return name.substr(0, 100);  // sun_path holds 108
}

std::string Shard::label() const {
  return "shard '" + name + "' (" + (is_replica ? "replica " : "") + address.text() + ")";
}

Shard Shard::replica_at(const config::Address& replica) const {
  Shard shard = *this;
  shard.address = replica;
  shard.replicas.clear();
  shard.is_replica = true;
  return shard;
}

bool Shard::same_server(const Shard& other) const {
  return name == other.name && address == other.address && credentials == other.credentials;
}

Topology::Topology(const config::Pool& pool) : owners_(pool.slot_owner) {
  for (const config::Shard& shard : pool.shards) {
    Shard& added = shards_.emplace_back();
    added.name = shard.name;
    added.address = shard.primary;
    added.replicas = shard.replicas;
    added.credentials = shard.credentials;
    if (shard.primary.kind == config::Address::Kind::kEmbedded) {
      added.socket_name = embedded_socket_name(pool.name, shard.name);
    }
  }
}

size_t Topology::assigned_slots() const {
  return static_cast<size_t>(
      std::count_if(owners_.begin(), owners_.end(), [](ShardIndex s) { return s < kMoving; }));
}

std::vector<wire::Slot> Topology::moved_slots(const Topology& next) const {
  std::vector<wire::Slot> moved;
  for (wire::Slot slot = 0; slot < wire::kSlotCount; ++slot) {
    const ShardIndex before = owners_[slot];
    const ShardIndex after = next.owners_[slot];
    if (before >= kMoving) continue;  // nothing of it is in flight
    if (after >= kMoving || !shards_[before].same_server(next.shards_[after])) {
      moved.push_back(slot);
    }
  }
  return moved;
}

std::shared_ptr<const Topology> Topology::on_the_way_to(
    std::shared_ptr<const Topology> next) const {
  auto copy = std::make_shared<Topology>(*this);
  for (const wire::Slot slot : moved_slots(*next)) {
    copy->owners_[slot] = kMoving;
    copy->has_moving_slots_ = true;
  }
  copy->before_ = std::make_shared<const Topology>(*this);
  copy->next_ = std::move(next);
  return copy;
}

}  // namespace slotway::proxy
