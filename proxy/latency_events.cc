#include "proxy/latency_events.h"

#include <algorithm>
#include <ctime>

namespace slotway::proxy {

void LatencySeries::add(Sample sample) {
  raise_all_time_high(sample.milliseconds);
  // Nearly always the end: only samples of another worker, or of a clock put back, are older.
  auto behind = samples_.end();
  while (behind != samples_.begin() && behind[-1].unix_seconds > sample.unix_seconds) --behind;
  if (behind != samples_.begin() && behind[-1].unix_seconds == sample.unix_seconds) {
    behind[-1].milliseconds = std::max(behind[-1].milliseconds, sample.milliseconds);
    return;
  }
  samples_.insert(behind, sample);
  if (samples_.size() > kMostSamples) samples_.erase(samples_.begin());
}

void LatencySeries::raise_all_time_high(int64_t milliseconds) {
  all_time_high_ = std::max(all_time_high_, milliseconds);
}

void LatencyEvents::add(LatencyEvent event, uint64_t ns) {
  series[static_cast<size_t>(event)].add(
      {static_cast<int64_t>(std::time(nullptr)), static_cast<int64_t>(ns / 1'000'000)});
}

}  // namespace slotway::proxy
