#include "proxy/topology.h"

#include <doctest/doctest.h>

namespace slotway::proxy {

namespace {

// Shards at 127.0.0.1:<port>, slots split at `border` between the first two.
config::Pool pool_of(std::initializer_list<uint16_t> ports, wire::Slot border) {
  config::Pool pool;
  pool.name = "main";
  for (const uint16_t port : ports) {
    config::Shard shard;
    shard.name = std::string(1, static_cast<char>('a' + pool.shards.size()));
    shard.primary.host = "127.0.0.1";
    shard.primary.port = port;
    pool.shards.push_back(shard);
  }
  for (wire::Slot slot = 0; slot < wire::kSlotCount; ++slot) {
    pool.slot_owner[slot] = slot < border ? 0 : 1;
  }
  return pool;
}

}  // namespace

TEST_CASE("a topology without changes moves nothing") {
  const Topology topology(pool_of({7001, 7002}, 100));
  CHECK(topology.moved_slots(topology).empty());
  CHECK(topology.shard_of_slot(99) == 0);
  CHECK(topology.shard_of_slot(100) == 1);
  CHECK(topology.assigned_slots() == wire::kSlotCount);
}

TEST_CASE("slots that change their owner are moved, by server and not by position") {
  const Topology before(pool_of({7001, 7002}, 100));
  CHECK(before.moved_slots(Topology(pool_of({7001, 7002}, 103))) ==
        std::vector<wire::Slot>{100, 101, 102});

  config::Pool swapped = pool_of({7002, 7001}, 100);
  std::swap(swapped.shards[0].name, swapped.shards[1].name);
  for (auto& owner : swapped.slot_owner) owner = owner == 0 ? 1 : 0;
  CHECK(before.moved_slots(Topology(swapped)).empty());

  CHECK(before.moved_slots(Topology(pool_of({7003, 7002}, 100))).size() == 100);
}

TEST_CASE("a slot that no shard serves any more moves, one that none served does not") {
  config::Pool gap = pool_of({7001, 7002}, 100);
  gap.slot_owner[5] = config::kNoShard;
  const Topology full(pool_of({7001, 7002}, 100));
  const Topology with_gap(gap);
  CHECK(full.moved_slots(with_gap) == std::vector<wire::Slot>{5});
  CHECK(with_gap.moved_slots(full).empty());
  CHECK(with_gap.assigned_slots() == wire::kSlotCount - 1);
  CHECK(with_gap.shard_of_slot(5) == Topology::kNoShard);
}

TEST_CASE("between two maps the slots that move have no owner, and both maps are known") {
  const Topology topology(pool_of({7001, 7002}, 100));
  const auto next = std::make_shared<const Topology>(pool_of({7001, 7002}, 102));
  const auto between = topology.on_the_way_to(next);
  CHECK(between->shard_of_slot(99) == 0);
  CHECK(between->shard_of_slot(100) == Topology::kMoving);
  CHECK(between->shard_of_slot(101) == Topology::kMoving);
  CHECK(between->shard_of_slot(102) == 1);
  CHECK(between->has_moving_slots());
  CHECK(between->before()->shard_of_slot(100) == 1);
  CHECK(between->next() == next.get());
  CHECK(topology.next() == nullptr);
  CHECK_FALSE(
      topology.on_the_way_to(std::make_shared<const Topology>(topology))->has_moving_slots());
}

TEST_CASE("a shard with another name, address or credentials is another server") {
  const Shard shard{
      .name = "a", .address = {}, .replicas = {}, .credentials = {}, .socket_name = {}};
  CHECK(shard.same_server(Shard(shard)));
  Shard other = shard;
  other.name = "b";
  CHECK_FALSE(shard.same_server(other));
  other = shard;
  other.address.port = 7;
  CHECK_FALSE(shard.same_server(other));
  other = shard;
  other.credentials.password = "x";
  CHECK_FALSE(shard.same_server(other));
}

TEST_CASE("a replica is the shard at another address, and says what it is") {
  config::Pool pool = pool_of({7001, 7002}, 100);
  pool.shards[0].replicas.push_back(pool.shards[1].primary);
  pool.shards[0].credentials = {"user", "secret"};
  const Topology topology(pool);
  const Shard& shard = topology.shards()[0];
  REQUIRE(shard.replicas.size() == 1);
  const Shard replica = shard.replica_at(shard.replicas[0]);
  CHECK(shard.label() == "shard 'a' (127.0.0.1:7001)");
  CHECK(replica.label() == "shard 'a' (replica 127.0.0.1:7002)");
  CHECK(replica.credentials == shard.credentials);
  // Replicas come and go without moving slots.
  CHECK(topology.moved_slots(Topology(pool_of({7001, 7002}, 100))).size() == 100);
  pool.shards[0].replicas.clear();
  CHECK(topology.moved_slots(Topology(pool)).empty());
}

}  // namespace slotway::proxy
