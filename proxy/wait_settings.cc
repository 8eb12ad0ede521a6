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
  change(name, value);
  derive();
}

void WaitSettings::follow(const config::Observe& observe) {
  const std::lock_guard lock(mutex_);
  const auto& slow = observe.slow_threshold;
  change(Name::kSlowLogSlowerThan, slow ? std::chrono::microseconds(*slow).count() : -1);
  change(Name::kSlowLogMaxLength, observe.slow_entries);
  big_bytes_ = observe.big_threshold.value_or(kNever);
  most_big_keys_ = observe.big_entries;
  trace_one_in_ = observe.trace_one_in;
  derive();
}

void WaitSettings::show_in(config::Observe& observe) const {
  const int64_t slower_than = get(Name::kSlowLogSlowerThan);
  observe.slow_threshold.reset();
  if (slower_than >= 0) observe.slow_threshold = std::chrono::microseconds(slower_than);
  observe.slow_entries = static_cast<uint32_t>(get(Name::kSlowLogMaxLength));
}

void WaitSettings::change(Name name, int64_t value) { values_[static_cast<size_t>(name)] = value; }

void WaitSettings::derive() {
  const int64_t slower_than = get(Name::kSlowLogSlowerThan);
  const int64_t threshold = get(Name::kLatencyMonitorThreshold);
  const bool remembers = slower_than >= 0 || big_bytes_ != kNever || trace_one_in_ != 0;
  const bool begins = remembers && !remembers_;
  // Nobody may take a request for remembered that began before the others know of the setting, or
  // while nothing was to be remembered.
  if (begins || !remembers) remembers_since_ns_ = kNever;
  remembers_ = remembers;
  slow_ns_ = slower_than < 0 ? kNever : nanoseconds(slower_than, 1000);
  spike_ns_ = threshold <= 0 ? kNever : nanoseconds(threshold, 1'000'000);
  least_ns_ = std::min<uint64_t>(slow_ns_, spike_ns_);
  if (begins) remembers_since_ns_ = uv_hrtime();
}

}  // namespace slotway::proxy
