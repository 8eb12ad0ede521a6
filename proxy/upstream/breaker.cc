#include "proxy/upstream/breaker.h"

#include <algorithm>

namespace slotway::proxy {

namespace {

constexpr uint64_t kForgetWindows = 5;

}  // namespace

bool Breaker::failed(uint64_t now_ns, uint64_t window_ns) {
  // What was long ago says nothing about now.
  if (now_ns - last_failure_ns_ > kForgetWindows * window_ns) failures_ = 0;
  last_failure_ns_ = now_ns;
  if (failures_ == 0) first_failure_ns_ = now_ns;
  ++failures_;
  if (gave_up_ || failures_ < kFailures || now_ns - first_failure_ns_ < window_ns) return false;
  open_ = gave_up_ = silent_ = true;
  pause_ns_ = kFirstPauseNs;
  next_probe_ns_ = now_ns;
  return true;
}

void Breaker::found_busy(std::string_view line, uint64_t now_ns) {
  open_ = true;
  if (failures_ == 0) {
    failures_ = 1;  // succeeded() closes it
    last_failure_ns_ = first_failure_ns_ = now_ns;
  }
  busy_text_ = line.substr(line.find(' ') + 1);
  next_probe_ns_ = now_ns + kBusyPauseNs;
  pause_ns_ = kBusyPauseNs;
}

bool Breaker::take_probe(uint64_t now_ns) {
  if (!open_ || now_ns < next_probe_ns_) return false;
  next_probe_ns_ = now_ns + pause_ns_;
  pause_ns_ = std::min(pause_ns_ * 2, kLongestPauseNs);
  return true;
}

void Breaker::close() {
  failures_ = 0;
  open_ = gave_up_ = false;
  busy_text_.clear();
}

}  // namespace slotway::proxy
