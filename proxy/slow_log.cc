#include "proxy/slow_log.h"

#include <algorithm>
#include <utility>

namespace slotway::proxy {

bool SlowLog::admit(uint64_t second) {
  if (second_.load(std::memory_order_relaxed) < second) {
    second_.store(second, std::memory_order_relaxed);
    in_second_.store(0, std::memory_order_relaxed);
  }
  if (in_second_.load(std::memory_order_relaxed) >= kMostASecond) return false;
  in_second_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

void SlowLog::add(ObservedRequest request, size_t most) {
  auto entry = std::make_shared<ObservedRequest>(std::move(request));
  const std::lock_guard lock(mutex_);
  entry->id = next_id_++;
  entries_.push_front(std::move(entry));
  if (entries_.size() > most) entries_.resize(most);
}

std::vector<SlowLog::Entry> SlowLog::newest(size_t most) const {
  const std::lock_guard lock(mutex_);
  const auto end = entries_.begin() + static_cast<ptrdiff_t>(std::min(most, entries_.size()));
  return {entries_.begin(), end};
}

size_t SlowLog::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

void SlowLog::clear() {
  std::deque<Entry> freed;  // when nobody waits for it
  const std::lock_guard lock(mutex_);
  entries_.swap(freed);
}

void SlowLog::drop_plain() {
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [](const Entry& entry) { return !entry->is_redacted; });
}

}  // namespace slotway::proxy
