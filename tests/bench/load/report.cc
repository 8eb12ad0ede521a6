#include "tests/bench/load/report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace slotway::load {

void Report::error(std::string_view what, uint64_t count) {
  if (errors_ == 0) first_error_ = what;
  errors_ += count;
}

void Report::mismatch(std::string_view what) {
  if (mismatches_++ == 0) first_mismatch_ = what;
}

double Report::quantile(double share) const {
  metrics::HistogramSnapshot seen;
  seen.merge(latency_);
  return static_cast<double>(std::min(seen.quantile(share), max_ns_)) / 1e3;
}

std::string Report::text() const {
  std::string text = fmt::format(
      "{} requests in {:.3f} s: {:.0f} requests/s\n"
      "latency in us: p50 {:.0f}, p99 {:.0f}, max {:.0f}\n"
      "{} errors, {} mismatches, {} with a missing key\n",
      requests_, seconds(), rate(), quantile(0.5), quantile(0.99),
      static_cast<double>(max_ns_) / 1e3, errors_, mismatches_, missing_);
  if (errors_ > 0) text += "first error: " + first_error_ + "\n";
  if (mismatches_ > 0) text += "first mismatch: " + first_mismatch_ + "\n";
  return text;
}

std::string Report::json() const {
  const nlohmann::ordered_json report = {
      {"requests", requests_},
      {"seconds", seconds()},
      {"requests_per_second", rate()},
      {"p50_us", quantile(0.5)},
      {"p99_us", quantile(0.99)},
      {"max_us", static_cast<double>(max_ns_) / 1e3},
      {"errors", errors_},
      {"mismatches", mismatches_},
      {"missing", missing_},
      {"first_error", first_error_},
      {"first_mismatch", first_mismatch_},
  };
  // What a server says need not be UTF-8.
  return report.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace slotway::load
