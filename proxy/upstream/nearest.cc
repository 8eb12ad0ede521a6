#include "proxy/upstream/nearest.h"

#include <algorithm>

namespace slotway::proxy {

namespace {

constexpr uint64_t kFarOff = 8;    // times the mean, or a part of it
constexpr uint64_t kWeight = 4;    // a new measurement counts for so much less than the mean
constexpr uint64_t kBetterBy = 5;  // better by one such part

}  // namespace

bool RoundTrip::due(uint64_t now_ns) const {
  if (waiting_) return false;
  return sent_ns_ == 0 || doubted_ || now_ns - sent_ns_ >= kIntervalNs;
}

void RoundTrip::sent(uint64_t now_ns) {
  // Several under way (a breaker's probe beside a measuring one) are as old as the first.
  if (!waiting_) sent_ns_ = now_ns;
  waiting_ = true;
}

void RoundTrip::answered(uint64_t now_ns) {
  if (!waiting_) return;
  waiting_ = false;
  last_ns_ = std::max<uint64_t>(now_ns - sent_ns_, 1);
  const bool far = measured_ && (last_ns_ / kFarOff > mean_ns_ || last_ns_ < mean_ns_ / kFarOff);
  if (far && !doubted_) {
    doubted_ = true;
    return;
  }
  if (far || !measured_) {
    mean_ns_ = last_ns_;
  } else {
    mean_ns_ = mean_ns_ - mean_ns_ / kWeight + last_ns_ / kWeight;
  }
  measured_ = true;
  doubted_ = false;
}

uint64_t RoundTrip::estimate(uint64_t now_ns) const {
  if (!measured_) return kUnknown;
  uint64_t estimate = doubted_ ? std::max(mean_ns_, last_ns_) : mean_ns_;
  if (waiting_ && now_ns > sent_ns_) estimate = std::max(estimate, now_ns - sent_ns_);
  return estimate;
}

size_t nearest(std::span<const uint64_t> estimates_ns, size_t chosen) {
  const auto best = static_cast<size_t>(std::min_element(estimates_ns.begin(), estimates_ns.end()) -
                                        estimates_ns.begin());
  const uint64_t now = estimates_ns[chosen];
  if (now == RoundTrip::kUnusable) return best;
  return estimates_ns[best] <= now - now / kBetterBy ? best : chosen;
}

}  // namespace slotway::proxy
