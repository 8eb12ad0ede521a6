// Report: what a run has seen, as text or JSON. The owner is the driver; one thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "metrics/histogram.h"

namespace slotway::load {

class Report {
 public:
  // A reply in time, right or not; nanoseconds from asking to the reply.
  void answered(uint64_t latency_ns) {
    latency_.record(latency_ns);
    max_ns_ = std::max(max_ns_, latency_ns);
    ++requests_;
  }
  void missing() { ++missing_; }
  // Error replies, and `count` requests or connections that failed without any reply.
  void error(std::string_view what, uint64_t count = 1);
  // A reply that is not the one of its command, or of no command.
  void mismatch(std::string_view what);
  void lasted(uint64_t ns) { elapsed_ns_ = ns; }

  bool clean() const { return errors_ == 0 && mismatches_ == 0; }
  std::string text() const;
  std::string json() const;

 private:
  double seconds() const { return static_cast<double>(elapsed_ns_) / 1e9; }
  double rate() const { return elapsed_ns_ == 0 ? 0 : static_cast<double>(requests_) / seconds(); }
  // Of the latency, in microseconds. The histogram knows it to 3 %, so it may pass the greatest.
  double quantile(double share) const;

  metrics::Histogram latency_;
  uint64_t max_ns_ = 0;
  uint64_t requests_ = 0;
  uint64_t missing_ = 0;
  uint64_t errors_ = 0;
  uint64_t mismatches_ = 0;
  uint64_t elapsed_ns_ = 0;
  std::string first_error_;
  std::string first_mismatch_;
};

}  // namespace slotway::load
