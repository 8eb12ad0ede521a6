// EvictionPolicy: which keys give way when the memory limit is reached, in the order of Redis's
// names in settings_rows/memory.cc.
#pragma once

#include <cstdint>

namespace slotway::backend {

enum class EvictionPolicy : uint8_t {
  kVolatileLru,
  kVolatileLfu,
  kVolatileRandom,
  kVolatileTtl,
  kAllKeysLru,
  kAllKeysLfu,
  kAllKeysRandom,
  kNoEviction,
};

inline bool is_lfu(EvictionPolicy policy) {
  return policy == EvictionPolicy::kVolatileLfu || policy == EvictionPolicy::kAllKeysLfu;
}
inline bool is_random(EvictionPolicy policy) {
  return policy == EvictionPolicy::kVolatileRandom || policy == EvictionPolicy::kAllKeysRandom;
}
// Only keys that expire give way.
inline bool is_volatile(EvictionPolicy policy) { return policy <= EvictionPolicy::kVolatileTtl; }

}  // namespace slotway::backend
