#include "proxy/local/latency_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <vector>

namespace slotway::proxy {

namespace {

using Sample = LatencySeries::Sample;

// ---- the graph

constexpr size_t kColumns = 80;
constexpr int64_t kRows = 4;
constexpr std::string_view kTops = "_o#";  // of a column, by how much of its highest row it fills
constexpr auto kStepsOfRow = static_cast<int64_t>(kTops.size());

struct Range {
  int64_t low;
  int64_t high;
};

Range range_of(std::span<const Sample> samples) {
  const auto [low, high] = std::ranges::minmax_element(samples, {}, &Sample::milliseconds);
  return {low->milliseconds, high->milliseconds};
}

std::string age(int64_t seconds) {
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3600) return fmt::format("{}m", seconds / 60);
  if (seconds < 24 * 3600) return fmt::format("{}h", seconds / 3600);
  return fmt::format("{}d", seconds / (24 * 3600));
}

// What a column shows in a row, the lowest being 0.
char cell(int64_t milliseconds, Range range, int64_t row) {
  constexpr int64_t kSteps = kRows * kStepsOfRow;
  const int64_t span = std::max<int64_t>(range.high - range.low, 1);
  const int64_t step = std::min((milliseconds - range.low) * kSteps / span, kSteps - 1);
  const int64_t in_row = step - row * kStepsOfRow;
  if (in_row < 0) return ' ';
  return in_row < kStepsOfRow ? kTops[static_cast<size_t>(in_row)] : '|';
}

void draw_columns(std::span<const Sample> samples, Range range, int64_t now, std::string& text) {
  for (int64_t row = kRows - 1; row >= 0; --row) {
    for (const Sample& sample : samples) text += cell(sample.milliseconds, range, row);
    text += '\n';
  }
  text.append(samples.size(), ' ') += '\n';
  std::vector<std::string> labels;
  size_t longest = 0;
  for (const Sample& sample : samples) {
    labels.push_back(age(now - sample.unix_seconds));
    longest = std::max(longest, labels.back().size());
  }
  for (size_t i = 0; i < longest; ++i) {  // downwards
    for (const std::string& label : labels) text += i < label.size() ? label[i] : ' ';
    text += '\n';
  }
}

// ---- the diagnosis

std::string statistics_of(const LatencySeries& series, int64_t now) {
  const std::vector<Sample>& samples = series.samples();
  const auto count = static_cast<int64_t>(samples.size());
  int64_t sum = 0;
  for (const Sample& sample : samples) sum += sample.milliseconds;
  const int64_t average = sum / count;
  int64_t deviation = 0;
  for (const Sample& sample : samples) deviation += std::abs(average - sample.milliseconds);
  const int64_t period = std::max<int64_t>(now - samples.front().unix_seconds, 1);
  return fmt::format(
      "{} latency spikes (average {}ms, mean deviation {}ms, period {:.2f} sec). "
      "Worst all time event {}ms.",
      count, average, deviation / count, static_cast<double>(period) / static_cast<double>(count),
      series.all_time_high());
}

// About slow commands: where to look at them.
void advise_on_commands(const WaitSettings& settings, std::string& text) {
  const int64_t threshold = settings.get(WaitSettings::Name::kLatencyMonitorThreshold) * 1000;
  const int64_t slower_than = settings.get(WaitSettings::Name::kSlowLogSlowerThan);
  if (slower_than < 0 || slower_than > threshold) {
    text += fmt::format(
        "- SLOWLOG {}: CONFIG SET slowlog-log-slower-than {} makes it show the requests behind "
        "these events.\n",
        slower_than < 0 ? "is off" : "has only some of them", threshold);
  } else {
    text += "- SLOWLOG GET has the requests behind these events.\n";
  }
  text +=
      "- A command's time is what its client waited, the shard's time included. INFO shards has "
      "the times of each shard, LATENCY HISTOGRAM those of each command.\n"
      "- A shard does one thing at a time: what it does in one go (KEYS, long scripts, large "
      "values) all its clients wait for. Its own LATENCY DOCTOR and SLOWLOG know more.\n";
}

constexpr std::string_view kOnLoop =
    "- A thread of the proxy was busy or did not get a processor. Look whether the machine is "
    "overloaded, whether there are more `workers` than processors for them, and whether replies "
    "are very large.\n";

}  // namespace

std::string draw_latency_graph(std::string_view event, const LatencySeries& series, int64_t now) {
  const std::span<const Sample> samples(series.samples());
  const Range range = range_of(samples);
  std::string text = fmt::format("{} - high {} ms, low {} ms (all time high {} ms)\n", event,
                                 range.high, range.low, series.all_time_high());
  text.append(kColumns, '-') += '\n';
  for (size_t i = 0; i < samples.size(); i += kColumns) {
    if (i > 0) text += '\n';
    draw_columns(samples.subspan(i, std::min(kColumns, samples.size() - i)), range, now, text);
  }
  return text;
}

std::string diagnose_latency(const LatencyEvents& events, const WaitSettings& settings,
                             int64_t now) {
  std::string lines;
  size_t number = 0;
  for (size_t i = 0; i < events.series.size(); ++i) {
    if (events.series[i].empty()) continue;
    lines += fmt::format("{}. {}: {}\n", ++number, kLatencyEventNames[i],
                         statistics_of(events.series[i], now));
  }
  if (lines.empty()) {
    return settings.get(WaitSettings::Name::kLatencyMonitorThreshold) == 0
               ? "The proxy records no latency events. CONFIG SET latency-monitor-threshold "
                 "<milliseconds> has it record what takes at least so long.\n"
               : "Nothing has taken as long as latency-monitor-threshold so far.\n";
  }
  const auto has = [&events](LatencyEvent event) {
    return !events.series[static_cast<size_t>(event)].empty();
  };
  std::string text =
      "What took longer than latency-monitor-threshold:\n\n" + lines + "\nWhat may help:\n\n";
  if (has(LatencyEvent::kCommand) || has(LatencyEvent::kFastCommand)) {
    advise_on_commands(settings, text);
  }
  if (has(LatencyEvent::kLoop)) text += kOnLoop;
  return text;
}

}  // namespace slotway::proxy
