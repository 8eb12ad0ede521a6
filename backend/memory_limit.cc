#include "backend/memory_limit.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <utility>
#include <vector>

#include "backend/store.h"
#include "metrics/log.h"

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
  client_limit_ = static_cast<uint64_t>(std::abs(settings.max_client_memory));
  if (settings.max_client_memory < 0) {  // percent
    client_limit_ =
        settings.max_memory / 100 * client_limit_ + settings.max_memory % 100 * client_limit_ / 100;
  }
  all_are_spared_ = false;
}

uint64_t MemoryLimit::used() const {
  return store_.engine.bytes() + client_bytes_ + store_.tracking.bytes();
}

bool MemoryLimit::has_room_for(uint64_t bytes) const {
  constexpr uint64_t kFew = 1 << 20;
  const uint64_t limit = store_.settings.max_memory;
  if (limit == 0 || bytes < kFew) return true;
  // What can be evicted is, before the next command.
  const bool evicts = store_.settings.eviction_policy != EvictionPolicy::kNoEviction;
  return bytes <= limit && (evicts || used() <= limit - bytes);
}

void MemoryLimit::evict_clients() {
  if (all_are_spared_) return;
  std::vector<std::pair<size_t, Client*>> largest;
  for (const auto& [id, client] : store_.clients.all()) {
    if (!client->no_evict && !client->connection().closing()) {
      largest.emplace_back(client->memory(), client.get());
    }
  }
  std::ranges::sort(largest, std::greater());
  for (const auto& [bytes, client] : largest) {
    if (client_bytes_ <= client_limit_) return;
    metrics::log::warn("client {}: evicted, it takes {} bytes", client->id(), bytes);
    ++store_.statistics.clients_evicted;
    client->close("maxmemory-clients");
  }
  all_are_spared_ = client_bytes_ > client_limit_;
}

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
  for (const auto& [id, client] : store_.clients.all()) client->count_memory();
  peak_ = std::max(peak_, used());
  all_are_spared_ = false;
  keep_client_limit();
  make_room();
}

}  // namespace slotway::backend
