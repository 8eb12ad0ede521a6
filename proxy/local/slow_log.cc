// SLOWLOG: the slow requests of the pool, gathered from all workers.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "proxy/fanout/gather.h"
#include "proxy/fanout/merge.h"
#include "proxy/fanout/reply_cursor.h"
#include "proxy/local/local_commands.h"
#include "proxy/server.h"
#include "proxy/worker.h"
#include "wire/number.h"

namespace slotway::proxy {

namespace {

// A worker's log of that pool; null if a reload has taken the pool away.
SlowLog* log_of(Worker& worker, const std::string& pool) {
  Pool* const found = worker.pool_named(pool);
  return found ? &found->slow_log() : nullptr;
}

// What `write(SlowLog*, ReplyWriter&)` makes of each worker's log, merged.
template <typename Write>
void gather_logs(const LocalCall& call, Write write, FanOut::Merge merge) {
  gather(
      call.session, call.command,
      [write, pool = call.session.pool().settings().name](Worker& worker) {
        wire::OutputBuffer out(worker.loop().pool());
        wire::ReplyWriter writer(out);
        write(log_of(worker, pool), writer);
        std::string text;
        for (const wire::BlockRange& range : out.ranges()) text += range.view();
        return text;
      },
      std::move(merge));
}

size_t longest(FanOut& fan_out) {
  return static_cast<size_t>(
      fan_out.worker().server().wait_settings().get(WaitSettings::Name::kSlowLogMaxLength));
}

// ---- GET

void write_entry(const SlowLog::Entry& entry, wire::ReplyWriter& writer) {
  writer.array(6);
  writer.integer(entry.id);
  writer.integer(entry.unix_seconds);
  writer.integer(entry.microseconds);
  writer.array(entry.args.size());
  for (const std::string& arg : entry.args) writer.bulk(arg);
  writer.bulk(entry.client);
  writer.bulk(entry.client_name);
}

// The newest `most` of all workers' entries: those with the largest ids.
bool merge_entries(FanOut& fan_out, size_t most, wire::OutputBuffer& out) {
  std::vector<std::pair<int64_t, std::string_view>> entries;
  for (Part& part : fan_out.parts()) {
    ReplyCursor reply(part.reply.contiguous(out.pool()));
    reply.enter_array();
    while (!reply.at_end()) {
      const std::string_view entry = reply.element();
      ReplyCursor fields(entry);
      fields.enter_array();
      entries.emplace_back(fields.integer().value_or(0), entry);
    }
  }
  std::sort(entries.begin(), entries.end(), std::greater<>());
  entries.resize(std::min({entries.size(), most, longest(fan_out)}));
  wire::ReplyWriter writer(out);
  writer.array(entries.size());
  for (const auto& [id, entry] : entries) writer.raw(entry);
  return true;
}

void get(const LocalCall& call) {
  constexpr int64_t kUsual = 10;
  const auto count =
      call.args.size() > 2 ? wire::parse_integer(call.args[2]) : std::optional<int64_t>(kUsual);
  if (call.args.size() > 3) {
    return call.error(
        "ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.");
  }
  if (!count || *count < -1) {
    return call.error("ERR count should be greater than or equal to -1");
  }
  const size_t most = *count < 0 ? SIZE_MAX : static_cast<size_t>(*count);
  gather_logs(
      call,
      [most](const SlowLog* log, wire::ReplyWriter& writer) {
        const size_t size = log ? std::min(log->entries().size(), most) : 0;
        writer.array(size);
        for (size_t i = 0; i < size; ++i) write_entry(log->entries()[i], writer);
      },
      [most](FanOut& fan_out, wire::OutputBuffer& out, std::string&) {
        return merge_entries(fan_out, most, out);
      });
}

// ---- LEN, RESET

bool merge_length(FanOut& fan_out, wire::OutputBuffer& out, std::string&) {
  int64_t sum = 0;
  for (Part& part : fan_out.parts()) {
    sum += ReplyCursor(part.reply.contiguous(out.pool())).integer().value_or(0);
  }
  wire::ReplyWriter(out).integer(std::min(sum, static_cast<int64_t>(longest(fan_out))));
  return true;
}

void len(const LocalCall& call) {
  gather_logs(
      call,
      [](const SlowLog* log, wire::ReplyWriter& writer) {
        writer.integer(log ? static_cast<int64_t>(log->entries().size()) : 0);
      },
      &merge_length);
}

void reset(const LocalCall& call) {
  gather_logs(
      call,
      [](SlowLog* log, wire::ReplyWriter& writer) {
        if (log) log->clear();
        writer.ok();
      },
      &merge_first);
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
