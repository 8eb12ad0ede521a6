// LATENCY: spikes of events, and how long each command takes.

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "backend/commands/bindings.h"
#include "wire/command_reply.h"

namespace slotway::backend {

namespace {

using Series = LatencyEvents::Series;
using Sample = LatencyEvents::Sample;

int64_t now_seconds(const Call& call) { return call.engine().clock().wall_ms() / 1000; }

void history(Call& call) {
  const Series* const series = call.store.latency_events.find(call.args[2]);
  if (!series) return call.reply.array(0);
  std::vector<Sample> samples;
  series->for_each([&](const Sample& sample) { samples.push_back(sample); });
  call.reply.array(samples.size());
  for (const Sample& sample : samples) {
    call.reply.array(2);
    call.reply.integer(sample.at);
    call.reply.integer(static_cast<int64_t>(sample.ms));
  }
}

void latest(Call& call) {
  const auto& all = call.store.latency_events.all();
  call.reply.array(all.size());
  for (const auto& [event, series] : all) {
    call.reply.array(4);
    call.reply.bulk(event);
    call.reply.integer(series.newest().at);
    call.reply.integer(static_cast<int64_t>(series.newest().ms));
    call.reply.integer(static_cast<int64_t>(series.worst_ms()));
  }
}

void reset(Call& call) {
  LatencyEvents& events = call.store.latency_events;
  size_t gone = call.args.size() == 2 ? events.reset() : 0;
  for (const std::string_view event : call.args.subspan(2)) gone += events.reset(event);
  call.reply.integer(static_cast<int64_t>(gone));
}

// ---- GRAPH: columns of four rows, with the age of each sample written downwards below

constexpr size_t kColumns = 80;
constexpr size_t kRows = 4;
constexpr std::string_view kTops = "_o#";

std::string age(int64_t seconds) {
  if (seconds < 60) return std::to_string(seconds) + "s";
  if (seconds < 3600) return std::to_string(seconds / 60) + "m";
  if (seconds < 86400) return std::to_string(seconds / 3600) + "h";
  return std::to_string(seconds / 86400) + "d";
}

struct Column {
  size_t height;  // in steps of a third of a row
  std::string label;
};

// The part of the columns that fits one width.
std::string draw(std::span<const Column> columns) {
  std::string text;
  for (size_t row = 0; row < kRows; ++row) {
    const size_t below = (kRows - 1 - row) * kTops.size();
    for (const Column& column : columns) {
      if (column.height < below) {
        text += ' ';
      } else {
        text += column.height < below + kTops.size() ? kTops[column.height - below] : '|';
      }
    }
    text += '\n';
  }
  text += std::string(columns.size(), ' ') + '\n';
  size_t longest = 0;
  for (const Column& column : columns) longest = std::max(longest, column.label.size());
  for (size_t at = 0; at < longest; ++at) {
    for (const Column& column : columns) {
      text += at < column.label.size() ? column.label[at] : ' ';
    }
    text += '\n';
  }
  return text;
}

void graph(Call& call) {
  const Series* const series = call.store.latency_events.find(call.args[2]);
  if (!series) {
    return call.reply.error("ERR No samples available for event '" + wire::excerpt(call.args[2]) +
                            "'");
  }
  uint64_t least = UINT64_MAX;
  uint64_t most = 0;
  series->for_each([&](const Sample& sample) {
    least = std::min(least, sample.ms);
    most = std::max(most, sample.ms);
  });
  const uint64_t range = std::max<uint64_t>(most - least, 1);
  constexpr size_t kSteps = kRows * kTops.size();
  std::vector<Column> columns;
  series->for_each([&](const Sample& sample) {
    const auto height = static_cast<size_t>((sample.ms - least) * kSteps / range);
    columns.push_back({std::min(height, kSteps - 1), age(now_seconds(call) - sample.at)});
  });
  std::string text = std::string(call.args[2]) + " - high " + std::to_string(most) + " ms, low " +
                     std::to_string(least) + " ms (all time high " +
                     std::to_string(series->worst_ms()) + " ms)\n" + std::string(kColumns, '-') +
                     '\n';
  for (size_t at = 0; at < columns.size(); at += kColumns) {
    if (at > 0) text += '\n';
    text += draw(std::span(columns).subspan(at, std::min(kColumns, columns.size() - at)));
  }
  call.reply.verbatim("txt", text);
}

// ---- DOCTOR

std::string describe(const Call& call, std::string_view event, const Series& series) {
  std::vector<uint64_t> spikes;
  int64_t oldest = INT64_MAX;
  uint64_t sum = 0;
  series.for_each([&](const Sample& sample) {
    spikes.push_back(sample.ms);
    oldest = std::min(oldest, sample.at);
    sum += sample.ms;
  });
  const uint64_t mean = sum / spikes.size();
  uint64_t deviation = 0;
  for (const uint64_t ms : spikes) deviation += ms > mean ? ms - mean : mean - ms;
  const auto period = static_cast<double>(std::max<int64_t>(now_seconds(call) - oldest, 1));
  char text[256];
  const int size =
      std::snprintf(text, sizeof text,
                    "%.*s: %zu spikes, mean %llu ms (deviation %llu ms), one in %.2f s. "
                    "Worst: %llu ms.\n",
                    static_cast<int>(event.size()), event.data(), spikes.size(),
                    static_cast<unsigned long long>(mean),
                    static_cast<unsigned long long>(deviation / spikes.size()),
                    period / static_cast<double>(spikes.size()),
                    static_cast<unsigned long long>(series.worst_ms()));
  return {text, static_cast<size_t>(size)};
}

std::string_view advice(std::string_view event) {
  if (event == "command") {
    return "- Slow commands: see SLOWLOG GET, whose threshold is slowlog-log-slower-than.\n";
  }
  if (event == "fast-command") {
    return "- Commands that take no time took some: the machine does not give the server the "
           "processor. Look for other load on it.\n";
  }
  if (event == "expire-cycle") {
    return "- Many keys expire at once: spread their times.\n";
  }
  return "";
}

void doctor(Call& call) {
  const auto& all = call.store.latency_events.all();
  std::string text;
  std::string advices;
  for (const auto& [event, series] : all) {
    text += describe(call, event, series);
    advices += advice(event);
  }
  if (!advices.empty()) text += "\n" + advices;
  if (all.empty()) {
    text = call.store.settings.latency_threshold_ms == 0
               ? "Latency is not monitored: CONFIG SET latency-monitor-threshold <milliseconds> "
                 "turns it on.\n"
               : "No spike has been seen.\n";
  }
  call.reply.verbatim("txt", text);
}

// ---- HISTOGRAM

struct Step {
  int64_t up_to_us;
  int64_t calls;  // of all that took no longer
};

// Counts by powers of two from 1.024 us on. The bounds are printed as Redis's histograms round
// them; a second is the end.
std::vector<Step> steps_of(const metrics::Histogram& histogram) {
  using metrics::Histogram;
  constexpr unsigned kLast = 30;
  std::vector<Step> steps;
  int64_t calls = 0;
  size_t bucket = 0;
  for (unsigned power = Histogram::kFirstOctave; power <= kLast; ++power) {
    const uint64_t bound = uint64_t{1} << power;
    const int64_t before = calls;
    while (bucket < Histogram::kBuckets &&
           (power == kLast || Histogram::lower_bound(bucket) < bound)) {
      calls += static_cast<int64_t>(histogram.bucket(bucket++));
    }
    if (calls == before) continue;
    const uint64_t highest = power == kLast ? bound : bound + (bound >> 7) - 1;
    steps.push_back({static_cast<int64_t>(highest / 1000), calls});
  }
  return steps;
}

void histogram(Call& call) {
  const auto& counts = call.store.statistics.per_command;
  std::vector<const wire::Command*> shown;
  const auto show = [&](const wire::Command& command) {
    if (counts[command.id].latency) shown.push_back(&command);
  };
  if (call.args.size() == 2) {
    for (const wire::Command& command : wire::all_commands()) show(command);
  }
  for (const std::string_view name : call.args.subspan(2)) {
    for (const wire::Command& command : wire::all_commands()) {
      const bool named = wire::equal_ignoring_case(name, command.full_name);
      const bool within =
          command.container && wire::equal_ignoring_case(name, command.container->full_name);
      if (named || within) show(command);
    }
  }
  call.reply.map(shown.size());
  for (const wire::Command* const command : shown) {
    const std::vector<Step> steps = steps_of(*counts[command->id].latency);
    call.reply.bulk(command->full_name);
    call.reply.map(2);
    call.reply.bulk("calls");
    call.reply.integer(steps.empty() ? 0 : steps.back().calls);
    call.reply.bulk("histogram_usec");
    call.reply.map(steps.size());
    for (const Step& step : steps) {
      call.reply.integer(step.up_to_us);
      call.reply.integer(step.calls);
    }
  }
}

void help(Call& call) {
  wire::write_help_reply(*call.command.container, &is_supported, call.reply);
}

constexpr Binding kBindings[] = {
    {"latency|history", &history}, {"latency|latest", &latest}, {"latency|reset", &reset},
    {"latency|graph", &graph},     {"latency|doctor", &doctor}, {"latency|histogram", &histogram},
    {"latency|help", &help},
};

}  // namespace

std::span<const Binding> latency_bindings() { return kBindings; }

}  // namespace slotway::backend
