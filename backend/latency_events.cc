#include "backend/latency_events.h"

#include <strings.h>

#include <algorithm>

namespace slotway::backend {

void LatencyEvents::Series::add(int64_t at, uint64_t ms) {
  worst_ms_ = std::max(worst_ms_, ms);
  Sample& last = samples_[(next_ + kSamples - 1) % kSamples];
  if (last.at == at) {
    last.ms = std::max(last.ms, ms);
    return;
  }
  samples_[next_] = {at, ms};
  next_ = (next_ + 1) % kSamples;
}

void LatencyEvents::add(std::string_view event, int64_t at, uint64_t ms, uint64_t threshold_ms) {
  if (threshold_ms == 0 || ms < threshold_ms) return;
  auto found = series_.find(event);
  if (found == series_.end()) found = series_.emplace(event, Series()).first;
  found->second.add(at, ms);
}

const LatencyEvents::Series* LatencyEvents::find(std::string_view event) const {
  const auto found = series_.find(event);
  return found == series_.end() ? nullptr : &found->second;
}

size_t LatencyEvents::reset(std::string_view event) {
  const std::string wanted(event);
  return std::erase_if(series_, [&](const auto& each) {
    return ::strcasecmp(each.first.c_str(), wanted.c_str()) == 0;
  });
}

size_t LatencyEvents::reset() {
  const size_t count = series_.size();
  series_.clear();
  return count;
}

}  // namespace slotway::backend
