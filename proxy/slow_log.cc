#include "proxy/slow_log.h"

#include <algorithm>
#include <utility>

namespace slotway::proxy {

bool SlowLog::add(ObservedRequest request, size_t most) {
  const int64_t second = request.unix_ms / 1000;
  const std::lock_guard lock(mutex_);
  if (second != second_) {
    second_ = second;
    in_second_ = 0;
  }
  if (most == 0 || in_second_++ >= kMostASecond) return false;
  request.id = next_id_++;
  entries_.push_front(std::move(request));
  if (entries_.size() > most) entries_.resize(most);
  return true;
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
