// HotKeysShared: what all workers of the process share of one pool's hot keys.
#pragma once

#include <cstdint>
#include <random>

#include "proxy/hotkeys/key_versions.h"
#include "proxy/hotkeys/shard_state.h"

namespace slotway::proxy {

struct HotKeysShared {
  KeyVersions versions;
  ShardStates shards;
  const uint64_t seed = std::random_device{}() * 0x1'0000'0001ull;  // of key_hash()
};

}  // namespace slotway::proxy
