#include "tests/bench/load/report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tests/bench/load/options.h"

namespace slotway::load {

namespace {

using Json = nlohmann::ordered_json;

double seconds(uint64_t ns) { return static_cast<double>(ns) / 1e9; }
double us(uint64_t ns) { return static_cast<double>(ns) / 1e3; }

double rate(uint64_t requests, uint64_t ns) {
  return ns == 0 ? 0 : static_cast<double>(requests) / seconds(ns);
}

void put_latencies(Json& json, const Latencies& latencies) {
  json["mean_us"] = latencies.mean_ns() / 1e3;
  json["p50_us"] = us(latencies.quantile(0.5));
  json["p90_us"] = us(latencies.quantile(0.9));
  json["p99_us"] = us(latencies.quantile(0.99));
  json["p99.9_us"] = us(latencies.quantile(0.999));
  json["p99.99_us"] = us(latencies.quantile(0.9999));
  json["max_us"] = us(latencies.max_ns());
}

Json settings(const Options& options) {
  const Popularity::Shape& shape = options.shape;
  Json json = {{"workload", options.profile.name},
               {"address", options.address.text()},
               {"loop", options.rate > 0 ? "open" : "closed"},
               {"connections", options.connections},
               {"active", options.active},
               {"pipeline", options.pipeline},
               {"keys", options.keys},
               {"zipf", options.profile.zipf},
               {"key_size", options.profile.key_size},
               {"value_size", options.profile.value_size},
               {"ttl_s", {options.profile.least_ttl_s, options.profile.greatest_ttl_s}},
               {"seed", options.seed},
               {"preload", options.preload}};
  if (options.rate > 0) json["rate"] = options.rate;
  if (shape.shift_every_ns > 0) {
    json["shift_top"] = shape.shift_top;
    json["shift_every_ms"] = static_cast<double>(shape.shift_every_ns) / 1e6;
  }
  if (shape.flash_share > 0) {
    json["flash_share"] = shape.flash_share;
    json["flash_key"] = shape.flash_key;
    json["flash_at_s"] = seconds(shape.flash_from_ns);
    if (shape.flash_until_ns != UINT64_MAX) json["flash_until_s"] = seconds(shape.flash_until_ns);
  }
  return json;
}

// What a server says need not be UTF-8.
std::string dumped(const Json& json, bool compact) {
  return json.dump(compact ? -1 : 2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

void Report::error(std::string_view what, uint64_t count) {
  if (errors_ == 0) first_error_ = what;
  errors_ += count;
}

void Report::mismatch(std::string_view what) {
  if (mismatches_++ == 0) first_mismatch_ = what;
}

void Report::Seen::add(const Seen& other) {
  latencies.add(other.latencies);
  for (size_t i = 0; i < of_kind.size(); ++i) of_kind[i] += other.of_kind[i];
  for_flash_key += other.for_flash_key;
  missing += other.missing;
}

Report::Seen Report::all() const {
  Seen all = until_;
  all.add(since_);
  return all;
}

std::string Report::interval(uint64_t elapsed_ns, uint64_t waiting) {
  const uint64_t requests = since_.latencies.count();
  Json json = {{"report", "interval"},
               {"from_s", seconds(line_ns_)},
               {"to_s", seconds(elapsed_ns)},
               {"requests", requests},
               {"requests_per_second", rate(requests, elapsed_ns - line_ns_)}};
  put_latencies(json, since_.latencies);
  json["waiting"] = waiting;
  if (flashes()) json["flash_key_requests"] = since_.for_flash_key;
  json["errors"] = errors_ - since_.errors;
  json["mismatches"] = mismatches_ - since_.mismatches;
  json["missing"] = since_.missing;
  until_.add(since_);
  since_ = {};
  since_.errors = errors_;
  since_.mismatches = mismatches_;
  line_ns_ = elapsed_ns;
  return dumped(json, true);
}

std::string Report::text() const {
  const Seen all = this->all();
  const Latencies& latencies = all.latencies;
  std::string text = fmt::format(
      "{} requests in {:.3f} s: {:.0f} requests/s\n"
      "latency in us: p50 {:.0f}, p90 {:.0f}, p99 {:.0f}, p99.9 {:.0f}, max {:.0f}\n"
      "{} errors, {} mismatches, {} with a missing key\n",
      latencies.count(), seconds(elapsed_ns_), rate(latencies.count(), elapsed_ns_),
      us(latencies.quantile(0.5)), us(latencies.quantile(0.9)), us(latencies.quantile(0.99)),
      us(latencies.quantile(0.999)), us(latencies.max_ns()), errors_, mismatches_, all.missing);
  if (flashes()) text += fmt::format("{} requests for the flash key\n", all.for_flash_key);
  if (errors_ > 0) text += "first error: " + first_error_ + "\n";
  if (mismatches_ > 0) text += "first mismatch: " + first_mismatch_ + "\n";
  return text;
}

std::string Report::json(bool compact) const {
  const Seen all = this->all();
  const uint64_t requests = all.latencies.count();
  Json json = {{"report", "total"},
               {"requests", requests},
               {"seconds", seconds(elapsed_ns_)},
               {"requests_per_second", rate(requests, elapsed_ns_)}};
  put_latencies(json, all.latencies);
  Json commands = Json::object();
  for (size_t i = 0; i < all.of_kind.size(); ++i) {
    if (all.of_kind[i] > 0) commands[name_of(static_cast<Command::Kind>(i))] = all.of_kind[i];
  }
  json["commands"] = std::move(commands);
  if (flashes()) json["flash_key_requests"] = all.for_flash_key;
  json["errors"] = errors_;
  json["mismatches"] = mismatches_;
  json["missing"] = all.missing;
  json["first_error"] = first_error_;
  json["first_mismatch"] = first_mismatch_;
  json["options"] = settings(options_);
  return dumped(json, compact);
}

}  // namespace slotway::load
