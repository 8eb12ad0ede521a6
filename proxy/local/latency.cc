// LATENCY: the events that took long, gathered from all workers, and the times of each command.

#include <algorithm>
#include <array>
#include <ctime>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proxy/fanout/gather.h"
#include "proxy/fanout/reply_cursor.h"
#include "proxy/local/latency_report.h"
#include "proxy/local/local_commands.h"
#include "proxy/server.h"
#include "proxy/worker.h"
#include "wire/text.h"

namespace slotway::proxy {

namespace {

// ---- the events of all workers

std::optional<size_t> find_event(std::string_view name) {
  for (size_t i = 0; i < kLatencyEventNames.size(); ++i) {
    if (kLatencyEventNames[i] == name) return i;
  }
  return std::nullopt;
}

// What `write(LatencyEvents&, ReplyWriter&)` makes of each worker's events of the pool, merged.
template <typename Write>
void gather_events(const LocalCall& call, Write write, FanOut::Merge merge) {
  gather(
      call.session, call.command,
      [write, name = call.session.pool().settings().name](Worker& worker) {
        LatencyEvents none;
        Pool* const pool = worker.pool_named(name);  // a reload may have taken it away
        wire::OutputBuffer out(worker.loop().pool());
        wire::ReplyWriter writer(out);
        write(pool ? pool->latency_events() : none, writer);
        std::string text;
        for (const wire::BlockRange& range : out.ranges()) text += range.view();
        return text;
      },
      std::move(merge));
}

// Of each event an array: its all-time high, then time and length of each sample.
void write_events(const LatencyEvents& events, wire::ReplyWriter& writer) {
  writer.array(events.series.size());
  for (const LatencySeries& series : events.series) {
    writer.array(1 + 2 * series.samples().size());
    writer.integer(series.all_time_high());
    for (const auto& [unix_seconds, milliseconds] : series.samples()) {
      writer.integer(unix_seconds);
      writer.integer(milliseconds);
    }
  }
}

void add_events(std::string_view reply, LatencyEvents& sum) {
  ReplyCursor cursor(reply);
  cursor.enter_array();
  for (LatencySeries& series : sum.series) {
    const int64_t count = cursor.enter_array().value_or(0);
    series.raise_all_time_high(cursor.integer().value_or(0));
    for (int64_t i = 1; i + 1 < count; i += 2) {
      const int64_t unix_seconds = cursor.integer().value_or(0);
      series.add({unix_seconds, cursor.integer().value_or(0)});
    }
  }
}

// Answers with what `respond` makes of the events of all workers together; an error that it gives
// is "text".
using Respond = std::function<std::string(const LatencyEvents&, wire::ReplyWriter&, FanOut&)>;

void answer_from_all(const LocalCall& call, Respond respond) {
  gather_events(
      call, &write_events,
      [respond = std::move(respond)](FanOut& fan_out, wire::OutputBuffer& out, std::string& error) {
        LatencyEvents sum;
        for (Part& part : fan_out.parts()) {
          add_events(part.reply.contiguous(out.pool()), sum);
        }
        wire::ReplyWriter writer(out, fan_out.protocol());
        error = respond(sum, writer, fan_out);
        return error.empty();
      });
}

int64_t unix_now() { return static_cast<int64_t>(std::time(nullptr)); }

// ---- LATEST, HISTORY, GRAPH, DOCTOR

void latest(const LocalCall& call) {
  answer_from_all(call, [](const LatencyEvents& events, wire::ReplyWriter& writer, FanOut&) {
    const auto is_recorded = [](const LatencySeries& series) { return !series.empty(); };
    writer.array(static_cast<size_t>(std::ranges::count_if(events.series, is_recorded)));
    for (size_t i = 0; i < events.series.size(); ++i) {
      const LatencySeries& series = events.series[i];
      if (series.empty()) continue;
      writer.array(4);
      writer.bulk(kLatencyEventNames[i]);
      writer.integer(series.samples().back().unix_seconds);
      writer.integer(series.samples().back().milliseconds);
      writer.integer(series.all_time_high());
    }
    return std::string();
  });
}

void history(const LocalCall& call) {
  const auto event = find_event(call.args[2]);
  if (!event) return call.reply([](wire::ReplyWriter& writer) { writer.array(0); });
  answer_from_all(call, [event](const LatencyEvents& events, wire::ReplyWriter& writer, FanOut&) {
    const LatencySeries& series = events.series[*event];
    writer.array(series.samples().size());
    for (const auto& [unix_seconds, milliseconds] : series.samples()) {
      writer.array(2);
      writer.integer(unix_seconds);
      writer.integer(milliseconds);
    }
    return std::string();
  });
}

void graph(const LocalCall& call) {
  const auto missing = [](std::string_view name) {
    return "No samples available for event '" + wire::excerpt(name) + "'";
  };
  const auto event = find_event(call.args[2]);
  if (!event) return call.error("ERR " + missing(call.args[2]));
  answer_from_all(
      call, [event, missing](const LatencyEvents& events, wire::ReplyWriter& writer, FanOut&) {
        const LatencySeries& series = events.series[*event];
        const std::string_view name = kLatencyEventNames[*event];
        if (series.empty()) return missing(name);
        writer.verbatim("txt", draw_latency_graph(name, series, unix_now()));
        return std::string();
      });
}

void doctor(const LocalCall& call) {
  answer_from_all(call,
                  [](const LatencyEvents& events, wire::ReplyWriter& writer, FanOut& fan_out) {
                    const WaitSettings& settings = fan_out.worker().server().wait_settings();
                    writer.verbatim("txt", diagnose_latency(events, settings, unix_now()));
                    return std::string();
                  });
}

// ---- RESET

// How many events one worker or another has forgotten.
bool merge_forgotten(FanOut& fan_out, wire::OutputBuffer& out, std::string&) {
  std::array<bool, kLatencyEventNames.size()> forgotten = {};
  for (Part& part : fan_out.parts()) {
    ReplyCursor reply(part.reply.contiguous(out.pool()));
    reply.enter_array();
    for (bool& each : forgotten) each |= reply.integer().value_or(0) > 0;
  }
  wire::ReplyWriter(out).integer(std::ranges::count(forgotten, true));
  return true;
}

void reset(const LocalCall& call) {
  std::array<bool, kLatencyEventNames.size()> chosen;
  chosen.fill(call.args.size() == 2);
  for (const std::string_view name : call.args.subspan(2)) {
    for (size_t i = 0; i < chosen.size(); ++i) {
      chosen[i] |= wire::equal_ignoring_case(name, kLatencyEventNames[i]);
    }
  }
  gather_events(
      call,
      [chosen](LatencyEvents& events, wire::ReplyWriter& writer) {
        writer.array(chosen.size());
        for (size_t i = 0; i < chosen.size(); ++i) {
          writer.integer(chosen[i] && !events.series[i].empty() ? 1 : 0);
          if (chosen[i]) events.series[i] = {};
        }
      },
      &merge_forgotten);
}

// ---- HISTOGRAM

// By CommandId: the commands that `names` names, a container for its subcommands; all without any.
std::vector<bool> chosen_commands(wire::Args names) {
  std::vector<bool> chosen(wire::command_count(), names.empty());
  for (const std::string_view name : names) {
    const wire::Command* const named = wire::find_command(name);
    for (const wire::Command& command : wire::all_commands()) {
      const bool is_meant = named && (&command == named || command.container == named);
      if (is_meant || wire::equal_ignoring_case(name, command.full_name)) chosen[command.id] = true;
    }
  }
  return chosen;
}

// Times in microseconds that are powers of two, as far as they change, and how many requests took
// no longer.
std::vector<std::pair<int64_t, int64_t>> steps_of(const metrics::HistogramSnapshot& latency) {
  std::vector<std::pair<int64_t, int64_t>> steps;
  uint64_t counted = 0;
  for (unsigned octave = metrics::Histogram::kFirstOctave;
       octave <= metrics::Histogram::kLastOctave && counted < latency.count(); ++octave) {
    const uint64_t bound = uint64_t{1} << octave;
    const uint64_t count = latency.count_up_to(bound);
    if (count == counted) continue;
    counted = count;
    steps.emplace_back(static_cast<int64_t>(bound / 1000), static_cast<int64_t>(count));
  }
  return steps;
}

void histogram(const LocalCall& call) {
  if (call.args.size() - 2 > wire::command_count()) {
    return call.error("ERR too many command names: there are " +
                      std::to_string(wire::command_count()));
  }
  const std::vector<bool> chosen = chosen_commands(call.args.subspan(2));
  std::vector<std::pair<const wire::Command*, metrics::HistogramSnapshot>> used;
  for (const wire::Command& command : wire::all_commands()) {
    if (!chosen[command.id]) continue;
    const auto sum = call.session.worker().server().statistics().command(command.id);
    if (sum.latency.count() > 0) used.emplace_back(&command, sum.latency);
  }
  call.reply([&](wire::ReplyWriter& writer) {
    writer.map(used.size());
    for (const auto& [command, latency] : used) {
      writer.bulk(command->full_name);
      writer.map(2);
      writer.bulk("calls");
      writer.integer(static_cast<int64_t>(latency.count()));
      writer.bulk("histogram_usec");
      const auto steps = steps_of(latency);
      writer.map(steps.size());
      for (const auto& [microseconds, count] : steps) {
        writer.integer(microseconds);
        writer.integer(count);
      }
    }
  });
}

constexpr LocalBinding kBindings[] = {
    {"latency|doctor", &doctor},    {"latency|graph", &graph},
    {"latency|help", &answer_help}, {"latency|histogram", &histogram},
    {"latency|history", &history},  {"latency|latest", &latest},
    {"latency|reset", &reset},
};

}  // namespace

std::span<const LocalBinding> latency_bindings() { return kBindings; }

}  // namespace slotway::proxy
