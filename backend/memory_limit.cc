#include "backend/memory_limit.h"

#include <algorithm>

#include "backend/store.h"

namespace slotway::backend {

namespace {

// How long one call may evict, by maxmemory-eviction-tenacity; never a millisecond.
int64_t budget_us(uint32_t tenacity) {
  constexpr int64_t kStepUs = 50;
  constexpr int64_t kMostUs = 900;
  return std::clamp(kStepUs * tenacity, kStepUs, kMostUs);
}

}  // namespace

MemoryLimit::MemoryLimit(Store& store) : store_(store), eviction_(store.engine) {
  follow_settings();
}

void MemoryLimit::follow_settings() {
  const Settings& settings = store_.settings;
  store_.engine.access().count_frequency(
      is_lfu(settings.eviction_policy),
      {.log_factor = settings.lfu_log_factor, .decay_minutes = settings.lfu_decay_minutes});
}

uint64_t MemoryLimit::used() const { return store_.engine.bytes() + client_bytes_; }

bool MemoryLimit::make_room() {
  const Settings& settings = store_.settings;
  if (store_.clients.is_paused()) return true;
  if (settings.max_memory == 0 || used() <= settings.max_memory) [[likely]]
    return true;
  const Clock& clock = store_.engine.clock();
  const int64_t end_us = clock.steady_us() + budget_us(settings.eviction_tenacity);
  const Eviction::Rules rules{settings.eviction_policy, settings.eviction_samples};
  constexpr uint32_t kBetweenLooks = 8;
  for (uint32_t evicted = 1; eviction_.evict_one(rules); ++evicted) {
    if (used() <= settings.max_memory) return true;
    if (evicted % kBetweenLooks == 0 && clock.steady_us() >= end_us) return true;
  }
  return false;
}

void MemoryLimit::check() {
  client_bytes_ = 0;
  for (const auto& [id, client] : store_.clients.all()) client_bytes_ += client->memory();
  peak_ = std::max(peak_, used());
  make_room();
}

}  // namespace slotway::backend
