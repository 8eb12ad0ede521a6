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
  const std::lock_guard lock(mutex_);
  request.id = next_id_++;
  entries_.push_front(std::move(request));
  if (entries_.size() > most) entries_.resize(most);
}

std::vector<ObservedRequest> SlowLog::newest(size_t most) const {
  const std::lock_guard lock(mutex_);
  const auto end = entries_.begin() + static_cast<ptrdiff_t>(std::min(most, entries_.size()));
  return {entries_.begin(), end};
}

size_t SlowLog::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

void SlowLog::clear() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
}

}  // namespace slotway::proxy
