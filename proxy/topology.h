// Topology: which shard owns which slot of one pool, as an immutable snapshot.
//
// Built on the control thread, shared by all workers through shared_ptr<const>, replaced as a whole
// on a reload and never changed. The one place where a key is turned into a shard.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "wire/slot.h"

namespace slotway::proxy {

using ShardIndex = uint16_t;

struct Shard {
  std::string name;
  config::Address address;
  std::vector<config::Address> replicas;
  config::Credentials credentials;
  // What the proxy connects to if the shard is embedded: the name of its abstract socket.
  std::string socket_name;
  bool is_replica = false;  // made by replica_at()

  // "shard 'a' (127.0.0.1:7001)" or "shard 'a' (replica 127.0.0.1:7002)", as errors name it.
  std::string label() const;
  // The replica of this shard with that address, as what to connect to.
  Shard replica_at(const config::Address& replica) const;
  // The same server for the same data: requests may go on over an existing connection.
  bool same_server(const Shard& other) const;
};

class Topology {
 public:
  static constexpr ShardIndex kNoShard = 0xffff;  // no shard serves the slot
  static constexpr ShardIndex kMoving = 0xfffe;   // the slot waits for its new owner

  explicit Topology(const config::Pool& pool);

  ShardIndex shard_of_slot(wire::Slot slot) const { return owners_[slot]; }
  const std::vector<Shard>& shards() const { return shards_; }
  size_t assigned_slots() const;
  bool has_moving_slots() const { return has_moving_slots_; }

  // The slots that `next` gives to another server than this one does.
  std::vector<wire::Slot> moved_slots(const Topology& next) const;
  // What stands between this map and `next`: the slots that move are in the state kMoving.
  std::shared_ptr<const Topology> on_the_way_to(std::shared_ptr<const Topology> next) const;
  // Of such a map, the one before it and that to come; null of any other.
  const Topology* before() const { return before_.get(); }
  const Topology* next() const { return next_.get(); }

 private:
  std::vector<Shard> shards_;
  std::array<ShardIndex, wire::kSlotCount> owners_;
  bool has_moving_slots_ = false;
  std::shared_ptr<const Topology> before_;
  std::shared_ptr<const Topology> next_;
};

// The abstract socket name of an embedded shard of this process, with its leading NUL.
std::string embedded_socket_name(const std::string& pool, const std::string& shard);

}  // namespace slotway::proxy
