#include "backend/store_sample.h"

#include "backend/store.h"

namespace slotway::backend {

namespace {

void add_keys(const Engine& engine, StoreSample& sample) {
  for (uint32_t i = 0; i < engine.database_count(); ++i) {
    const Keyspace& keyspace = engine.database(i).keyspace();
    if (i != 0 && keyspace.size() == 0) continue;
    sample.keys.push_back({i, keyspace.size(), keyspace.expiring()});
    for (size_t type = 0; type < kTypeCount; ++type) {
      sample.keys_by_type[type] += keyspace.size(static_cast<Type>(type));
    }
  }
}

}  // namespace

StoreSample take_sample(const Store& store) {
  StoreSample sample;
  sample.taken_us = store.engine.clock().steady_us();
  add_keys(store.engine, sample);
  sample.used_bytes = store.memory.used();
  sample.limit_bytes = store.settings.max_memory;
  sample.evicts = store.settings.eviction_policy != EvictionPolicy::kNoEviction;
  sample.clients = store.clients.size();
  sample.blocked_clients = store.blocked.size();
  if (store.clients.is_paused()) sample.blocked_clients += store.clients.held();

  const Engine::Statistics& engine = store.engine.statistics();
  sample.expired_keys = engine.expired;
  sample.evicted_keys = engine.evicted;
  sample.hits = engine.hits;
  sample.misses = engine.misses;
  const Statistics& statistics = store.statistics;
  sample.accepted_clients = statistics.connections;
  sample.rejected_clients = statistics.connections_rejected;
  sample.received_bytes = statistics.bytes_in;
  sample.sent_bytes = statistics.bytes_out;
  sample.defragmented_keys = store.defragmentation.statistics().keys_moved;
  for (size_t id = 0; id < statistics.per_command.size(); ++id) {
    const Statistics::PerCommand& command = statistics.per_command[id];
    if (command.calls == 0) continue;
    sample.commands.push_back(
        {static_cast<wire::CommandId>(id), command.calls, command.nanoseconds});
  }
  sample.errors.assign(statistics.errors_by_code.begin(), statistics.errors_by_code.end());
  return sample;
}

}  // namespace slotway::backend
