#include "proxy/wait_settings.h"

#include <uv.h>

#include <algorithm>

namespace slotway::proxy {

namespace {

// The product, or what no time reaches.
uint64_t nanoseconds(int64_t count, uint64_t unit) {
  const auto units = static_cast<uint64_t>(count);
  return units > UINT64_MAX / unit ? UINT64_MAX : units * unit;
}

}  // namespace

void WaitSettings::set(Name name, int64_t value) {
  const std::lock_guard lock(mutex_);
  const bool began = name == Name::kSlowLogSlowerThan && value >= 0 && !remembers_requests();
  // Nobody may take a request for remembered that began before the others know of the setting.
  if (began) remembers_since_ns_ = kNever;
  values_[static_cast<size_t>(name)] = value;
  const int64_t slower_than = get(Name::kSlowLogSlowerThan);
  const int64_t threshold = get(Name::kLatencyMonitorThreshold);
  slow_ns_ = slower_than < 0 ? kNever : nanoseconds(slower_than, 1000);
  spike_ns_ = threshold <= 0 ? kNever : nanoseconds(threshold, 1'000'000);
  long_ns_ = std::min(slow_ns_.load(), spike_ns_.load());
  if (began) remembers_since_ns_ = uv_hrtime();
}

}  // namespace slotway::proxy
