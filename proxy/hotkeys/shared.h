// HotKeysShared: what all workers of the process share of one pool's hot keys.
#pragma once

#include <atomic>
#include <cstdint>
#include <random>

#include "proxy/hotkeys/key_rules.h"
#include "proxy/hotkeys/key_versions.h"
#include "proxy/hotkeys/rate_limits.h"
#include "proxy/hotkeys/reports.h"
#include "proxy/hotkeys/shard_state.h"
#include "proxy/hotkeys/webhook.h"

namespace slotway::proxy {

struct HotKeysShared {
  KeyVersions versions;
  ShardStates shards;
  Reports reports;
  // Below so many reads a second there is no room for a key, by whichever owner looked last: they
  // own about as many each, chosen by hash. A hint.
  std::atomic<double> entry_rate{0};
  RateLimits limits;  // open while rules have some
  PinnedPatterns pinned;
  Webhook webhook;
  std::atomic<bool> redacts{false};     // metrics show hashes of keys
  const uint64_t seed = random_seed();  // of key_hash()

 private:
  // All 64 bits by chance, or hashes that are shown could be tried out.
  static uint64_t random_seed() {
    std::random_device device;
    return uint64_t{device()} << 32 | device();
  }
};

}  // namespace slotway::proxy
