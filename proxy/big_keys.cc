#include "proxy/big_keys.h"

#include <algorithm>

namespace slotway::proxy {

void BigKeys::note(const ObservedRequest& request, Direction direction, size_t most) {
  const uint64_t bytes =
      direction == Direction::kRequest ? request.request_bytes : request.reply_bytes;
  const auto copy = std::make_shared<const ObservedRequest>(request);
  const std::lock_guard lock(mutex_);
  const auto same = std::ranges::find_if(entries_, [&](const Entry& entry) {
    const ObservedRequest& other = *entry.largest;
    // What has no key stands for its command.
    return entry.direction == direction && other.key_hash == request.key_hash &&
           other.key == request.key && (!request.key.empty() || other.command == request.command);
  });
  if (same != entries_.end()) {
    ++same->times;
    if (bytes >= same->bytes) {
      same->bytes = bytes;
      same->largest = copy;
    }
    return;
  }
  const auto is_smaller = [](const Entry& a, const Entry& b) { return a.bytes < b.bytes; };
  while (entries_.size() >= std::max<size_t>(most, 1)) {
    const auto smallest = std::ranges::min_element(entries_, is_smaller);
    if (bytes < smallest->bytes) return;
    entries_.erase(smallest);
  }
  entries_.push_back({copy, direction, bytes, 1});
}

std::vector<BigKeys::Entry> BigKeys::largest(size_t most) const {
  std::vector<Entry> sorted;
  {
    const std::lock_guard lock(mutex_);
    sorted = entries_;
  }
  std::ranges::sort(sorted, [](const Entry& a, const Entry& b) { return a.bytes > b.bytes; });
  if (sorted.size() > most) sorted.resize(most, sorted.front());
  return sorted;
}

void BigKeys::clear() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
}

void BigKeys::drop_plain() {
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [](const Entry& entry) { return !entry.largest->is_redacted; });
}

}  // namespace slotway::proxy
