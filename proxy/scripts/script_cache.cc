#include "proxy/scripts/script_cache.h"

#include <utility>

namespace slotway::proxy {

namespace {

size_t weight(const Script& script) { return script.text.size() + ScriptCache::kOverhead; }

}  // namespace

void ScriptCache::add(ScriptRef script) {
  const std::lock_guard lock(mutex_);
  const auto known = by_digest_.find(script->digest);
  if (known != by_digest_.end()) {
    recent_.splice(recent_.begin(), recent_, known->second);
    return;
  }
  const size_t bytes = weight(*script);
  if (bytes > max_bytes_) return;
  if (bytes_ + bytes > max_bytes_) make_room(bytes);
  bytes_ += bytes;
  recent_.push_front(std::move(script));
  by_digest_.emplace(recent_.front()->digest, recent_.begin());
}

// More than is needed: each time, workers have to find out anew what is known.
void ScriptCache::make_room(size_t bytes) {
  const size_t spare = max_bytes_ / 8;
  while (!recent_.empty() && bytes_ + bytes + spare > max_bytes_) {
    bytes_ -= weight(*recent_.back());
    by_digest_.erase(recent_.back()->digest);
    recent_.pop_back();
  }
  evictions_.fetch_add(1, std::memory_order_release);
}

ScriptRef ScriptCache::find(const wire::Sha1& digest) {
  const std::lock_guard lock(mutex_);
  const auto known = by_digest_.find(digest);
  if (known == by_digest_.end()) return nullptr;
  recent_.splice(recent_.begin(), recent_, known->second);
  return *known->second;
}

void ScriptCache::clear() {
  const std::lock_guard lock(mutex_);
  by_digest_.clear();
  recent_.clear();
  bytes_ = 0;
  clears_.fetch_add(1, std::memory_order_release);
}

}  // namespace slotway::proxy
