#include "config/observe.h"

#include <chrono>

#include "config/scalar.h"

namespace slotway::config {

namespace {

constexpr uint64_t kMostSlow = 10'000;
constexpr uint64_t kMostBigKeys = 1'000;  // all are looked at for each that is large
constexpr uint64_t kLeastBig = 1024;
constexpr uint64_t kMostBig = 1ull << 30;
constexpr uint64_t kRarestTrace = 1'000'000'000;
constexpr std::chrono::milliseconds kNoTime{0};

bool is_off(const Field& field) {
  return field.value->kind == Node::Kind::kScalar && field.value->text == "off";
}

// `off`, or a mapping of `threshold` and `entries`.
template <typename Threshold, typename Parse>
void read_kept(Reading& reading, const Field& field, const Parse& parse,
               std::optional<Threshold>& threshold, uint64_t most, uint32_t& entries) {
  if (is_off(field)) {
    threshold.reset();
    return;
  }
  const Section section(reading.fault, field, {"threshold", "entries"});
  section.read("threshold", parse, *threshold);
  section.read("entries", Count{1, most}, entries);
}

}  // namespace

void read_observe(Reading& reading, const Field& field, Observe& observe) {
  if (is_off(field)) {
    observe = {.latency = false, .slow_threshold = std::nullopt, .big_threshold = std::nullopt};
    return;
  }
  const Section section(reading.fault, field, {"latency", "slow_log", "big_keys", "trace"});
  section.read("latency", parse_flag, observe.latency);
  if (const auto slow = section.find("slow_log")) {
    read_kept(reading, *slow, Duration{kNoTime}, observe.slow_threshold, kMostSlow,
              observe.slow_entries);
  }
  if (const auto big = section.find("big_keys")) {
    read_kept(reading, *big, Size{kLeastBig, kMostBig}, observe.big_threshold, kMostBigKeys,
              observe.big_entries);
  }
  section.read("trace", Count{0, kRarestTrace}, observe.trace_one_in);
}

}  // namespace slotway::config
