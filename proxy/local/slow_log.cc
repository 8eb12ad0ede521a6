// SLOWLOG: the slow requests of the pool. As Redis has it; "SLOWLOG GET count STAGES" tells more.

#include <algorithm>
#include <string>
#include <vector>

#include "proxy/local/local_commands.h"
#include "proxy/session.h"
#include "wire/number.h"
#include "wire/text.h"

namespace slotway::proxy {

namespace {

SlowLog& log_of(const LocalCall& call) { return call.session.pool().observed().slow_log; }

size_t longest(const LocalCall& call) {
  return call.session.pool().wait_settings().slow_log_length();
}

void write_entry(const ObservedRequest& entry, bool with_stages, wire::ReplyWriter& writer) {
  constexpr size_t kFields = 6;  // as of Redis
  writer.array(with_stages ? kFields + 4 : kFields);
  writer.integer(entry.id);
  writer.integer(entry.unix_ms / 1000);
  writer.integer(static_cast<int64_t>(entry.total_ns() / 1000));
  writer.array(entry.args.size());
  for (const std::string& arg : entry.args) writer.bulk(arg);
  writer.bulk(entry.client);
  writer.bulk(entry.client_name);
  if (!with_stages) return;
  writer.bulk(entry.shard);
  writer.integer(static_cast<int64_t>(entry.request_bytes));
  writer.integer(static_cast<int64_t>(entry.reply_bytes));
  writer.map(metrics::kStageCount);
  for (size_t i = 0; i < metrics::kStageCount; ++i) {
    writer.bulk(metrics::kStageNames[i]);
    writer.integer(static_cast<int64_t>(entry.stages_ns[i] / 1000));
  }
}

void get(const LocalCall& call) {
  constexpr int64_t kUsual = 10;
  const auto count =
      call.args.size() > 2 ? wire::parse_integer(call.args[2]) : std::optional<int64_t>(kUsual);
  const bool with_stages =
      call.args.size() == 4 && wire::equal_ignoring_case(call.args[3], "stages");
  if (call.args.size() > 3 && !with_stages) {
    return call.error(
        "ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.");
  }
  if (!count || *count < -1) {
    return call.error("ERR count should be greater than or equal to -1");
  }
  const size_t most = *count < 0 ? SIZE_MAX : static_cast<size_t>(*count);
  const std::vector<SlowLog::Entry> entries = log_of(call).newest(std::min(most, longest(call)));
  call.reply([&](wire::ReplyWriter& writer) {
    writer.array(entries.size());
    for (const SlowLog::Entry& entry : entries) write_entry(*entry, with_stages, writer);
  });
}

void len(const LocalCall& call) {
  call.reply([&](wire::ReplyWriter& writer) {
    writer.integer(static_cast<int64_t>(std::min(log_of(call).size(), longest(call))));
  });
}

void reset(const LocalCall& call) {
  log_of(call).clear();
  call.ok();
}

constexpr LocalBinding kBindings[] = {
    {"slowlog|get", &get},
    {"slowlog|len", &len},
    {"slowlog|reset", &reset},
    {"slowlog|help", &answer_help},
};

}  // namespace

std::span<const LocalBinding> slow_log_bindings() { return kBindings; }

}  // namespace slotway::proxy
