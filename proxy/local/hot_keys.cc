// HOTKEYS: the hottest keys of the pool, and the patterns of keys that are always cached.

#include <algorithm>
#include <cmath>
#include <optional>

#include "proxy/fanout/gather.h"
#include "proxy/fanout/merge.h"
#include "proxy/hotkeys/operators.h"
#include "proxy/local/local_commands.h"
#include "proxy/server.h"
#include "proxy/worker.h"
#include "wire/number.h"

namespace slotway::proxy {

namespace {

const std::string& pool_of(const LocalCall& call) { return call.session.pool().settings().name; }

Server& server_of(const LocalCall& call) { return call.session.worker().server(); }

// ---- GET

void write_rate(wire::ReplyWriter& writer, std::string_view name, double a_second) {
  writer.bulk(name);
  writer.integer(std::llround(a_second));
}

void write_flag(wire::ReplyWriter& writer, std::string_view name, bool value) {
  writer.bulk(name);
  writer.boolean(value);
}

void write_key(const HotKeysReport::Key& each, wire::ReplyWriter& writer) {
  const hotkeys::HotKey& key = each.key;
  writer.map(8);
  writer.bulk("key");
  writer.bulk(key.key);
  write_flag(writer, "cut", key.cut);
  write_rate(writer, "requests", key.requests);
  write_rate(writer, "writes", key.writes);
  write_rate(writer, "bytes", key.bytes);
  writer.bulk("share");
  writer.real(std::round(key.share * 1e6) / 1e6);
  writer.bulk("hot-by");
  const std::vector<std::string_view> measures = hot_by(key);
  writer.array(measures.size());
  for (const std::string_view measure : measures) writer.bulk(measure);
  write_flag(writer, "cached", each.is_cached);
}

void write_report(const HotKeysReport& report, wire::ReplyWriter& writer) {
  writer.map(7);
  write_flag(writer, "detects", report.detects);
  write_rate(writer, "requests", report.requests);
  write_rate(writer, "writes", report.writes);
  write_rate(writer, "bytes", report.bytes);
  writer.bulk("one-sampled-of");
  writer.integer(report.weight);
  writer.bulk("pinned");
  writer.array(report.pinned.size());
  for (const HotKeysReport::Pinned& each : report.pinned) writer.bulk(each.pattern);
  writer.bulk("keys");
  writer.array(report.keys.size());
  for (const HotKeysReport::Key& key : report.keys) write_key(key, writer);
}

void get(const LocalCall& call) {
  constexpr int64_t kUsual = 20;
  if (call.args.size() > 3) {
    return call.error(
        "ERR unknown subcommand or wrong number of arguments for 'GET'. Try HOTKEYS HELP.");
  }
  const auto count =
      call.args.size() > 2 ? wire::parse_integer(call.args[2]) : std::optional<int64_t>(kUsual);
  if (!count || *count < 0) return call.error("ERR count should be greater than or equal to 0");
  HotKeysShared* const shared = server_of(call).hot_keys_of(pool_of(call));
  const HotKeysReport report = report_hot_keys(*shared, static_cast<size_t>(*count));
  call.reply([&](wire::ReplyWriter& writer) { write_report(report, writer); });
}

// ---- what workers are told

// Answers when all of them have done what was posted to them so far.
void answer_behind_all(const LocalCall& call, std::string_view reply) {
  gather(
      call.session, call.command, [reply = std::string(reply)](Worker&) { return reply; },
      &merge_first);
}

void answer_change(const LocalCall& call, const Result<bool>& changed) {
  if (!changed.ok()) return call.error(changed.error().code + " " + changed.error().message);
  answer_behind_all(call, *changed ? ":1\r\n" : ":0\r\n");
}

void reset(const LocalCall& call) {
  const Status status = reset_hot_keys(server_of(call), pool_of(call), call.by());
  if (!status.ok()) return call.error(status.error().code + " " + status.error().message);
  answer_behind_all(call, "+OK\r\n");
}

void pin(const LocalCall& call) {
  answer_change(call, pin_hot_keys(server_of(call), pool_of(call), call.args[2], call.by()));
}

void unpin(const LocalCall& call) {
  answer_change(call, unpin_hot_keys(server_of(call), pool_of(call), call.args[2], call.by()));
}

constexpr LocalBinding kBindings[] = {
    {"hotkeys|get", &get},     {"hotkeys|help", &answer_help}, {"hotkeys|pin", &pin},
    {"hotkeys|reset", &reset}, {"hotkeys|unpin", &unpin},
};

}  // namespace

std::span<const LocalBinding> hot_keys_bindings() { return kBindings; }

}  // namespace slotway::proxy
