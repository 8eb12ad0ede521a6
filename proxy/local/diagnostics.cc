// What the proxy tells about its own state beside INFO: LATENCY, MEMORY, MODULE, LOLWUT.
//
// It records no latency events; its histograms are those of the metrics.

#include <string>
#include <utility>
#include <vector>

#include "metrics/process_usage.h"
#include "proxy/local/local_commands.h"
#include "proxy/server.h"
#include "proxy/worker.h"
#include "wire/greeting.h"
#include "wire/text.h"

namespace slotway::proxy {

namespace {

void empty_array(const LocalCall& call) {
  call.reply([](wire::ReplyWriter& writer) { writer.array(0); });
}

void text(const LocalCall& call, std::string_view words) {
  call.reply([&](wire::ReplyWriter& writer) { writer.verbatim("txt", words); });
}

// ---- LATENCY

void latency_graph(const LocalCall& call) {
  call.error("ERR No samples available for event '" + wire::excerpt(call.args[2]) + "'");
}

void latency_reset(const LocalCall& call) {
  call.reply([](wire::ReplyWriter& writer) { writer.integer(0); });
}

void latency_doctor(const LocalCall& call) {
  text(
      call,
      "The proxy records no latency events. SLOWLOG has the requests that clients waited long for, "
      "LATENCY HISTOGRAM the times of each command, and INFO shards those of each shard.\n");
}

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

void latency_histogram(const LocalCall& call) {
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

// ---- MEMORY

void memory_doctor(const LocalCall& call) {
  const uint64_t mebibytes = metrics::read_process_usage().resident_bytes >> 20;
  text(call, "The proxy keeps no data but that of embedded shards. It uses " +
                 std::to_string(mebibytes) +
                 " MiB. INFO of a shard tells about the memory of that shard.\n");
}

void memory_stats(const LocalCall& call) {
  const auto resident = static_cast<int64_t>(metrics::read_process_usage().resident_bytes);
  const auto clients = call.session.worker().server().registry().clients().connections;
  call.reply([&](wire::ReplyWriter& writer) {
    writer.map(2);
    writer.bulk("total.allocated");
    writer.integer(resident);
    writer.bulk("clients.count");
    writer.integer(clients);
  });
}

void lolwut(const LocalCall& call) {
  text(call, "Slotway ver. " SLOTWAY_VERSION ", as Redis ver. " + std::string(wire::kRedisVersion) +
                 "\n");
}

constexpr LocalBinding kBindings[] = {
    {"latency|doctor", &latency_doctor}, {"latency|graph", &latency_graph},
    {"latency|help", &answer_help},      {"latency|histogram", &latency_histogram},
    {"latency|history", &empty_array},   {"latency|latest", &empty_array},
    {"latency|reset", &latency_reset},   {"lolwut", &lolwut},
    {"memory|doctor", &memory_doctor},   {"memory|help", &answer_help},
    {"memory|stats", &memory_stats},     {"module|help", &answer_help},
    {"module|list", &empty_array},       {"object|help", &answer_help},
    {"xgroup|help", &answer_help},       {"xinfo|help", &answer_help},
};

}  // namespace

std::span<const LocalBinding> diagnostics_bindings() { return kBindings; }

}  // namespace slotway::proxy
