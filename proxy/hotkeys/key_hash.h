// The hash by which hot keys are counted and their versions are found.
#pragma once

#include <cstdint>
#include <string_view>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace slotway::proxy {

// XXH3 of the key, whatever its database: what a shard says of a key does not name one. The seed is
// drawn once by each process, so that no client can aim at keys that share a hash. Never 0.
inline uint64_t key_hash(std::string_view key, uint64_t seed) {
  const uint64_t hash = XXH3_64bits_withSeed(key.data(), key.size(), seed);
  return hash != 0 ? hash : 1;
}

}  // namespace slotway::proxy
