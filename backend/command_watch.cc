#include "backend/command_watch.h"

#include <algorithm>
#include <limits>

#include "backend/redaction.h"
#include "backend/store.h"

namespace slotway::backend {

namespace {

constexpr uint64_t kNoTime = std::numeric_limits<uint64_t>::max();

uint64_t scaled(uint64_t value, uint64_t factor) {
  uint64_t product = 0;
  return __builtin_mul_overflow(value, factor, &product) ? kNoTime : product;
}

}  // namespace

CommandWatch::CommandWatch(Store& store) : store_(store) { settings_changed(); }

void CommandWatch::settings_changed() {
  const Settings& settings = store_.settings;
  note_from_ns_ =
      settings.slowlog_us < 0 ? kNoTime : scaled(static_cast<uint64_t>(settings.slowlog_us), 1000);
  if (settings.latency_threshold_ms > 0) {
    note_from_ns_ = std::min(note_from_ns_, scaled(settings.latency_threshold_ms, 1'000'000));
  }
  if (settings.slowlog_us >= 0) store_.slow_log.trim(settings.slowlog_entries);
}

uint64_t CommandWatch::elapsed_ns() {
  const uint64_t end = TickClock::now();
  const uint64_t ns = clock_.ns_between(begin_, end);
  begin_ = end;
  return ns;
}

void CommandWatch::finish(const Client& client, const wire::Command& command, wire::Args args) {
  const uint64_t ns = elapsed_ns();
  Statistics::PerCommand& counts = store_.statistics.per_command[command.id];
  ++counts.calls;
  counts.nanoseconds += ns;
  if (!client.wait) record(client, command, args, ns, false);
}

void CommandWatch::finish_wait(const Client& client, const wire::Command& command,
                               wire::Args args) {
  const uint64_t ns = elapsed_ns();
  store_.statistics.per_command[command.id].nanoseconds += ns;
  record(client, command, args, ns, true);
}

inline void CommandWatch::record(const Client& client, const wire::Command& command,
                                 wire::Args args, uint64_t ns, bool has_waited) {
  if (store_.settings.latency_tracking) {
    auto& latency = store_.statistics.per_command[command.id].latency;
    if (!latency) [[unlikely]]
      latency = std::make_unique<metrics::Histogram>();
    latency->record(ns);
  }
  if (ns >= note_from_ns_) [[unlikely]]
    note(client, command, args, ns, has_waited);
}

void CommandWatch::note(const Client& client, const wire::Command& command, wire::Args args,
                        uint64_t ns, bool has_waited) {
  const Settings& settings = store_.settings;
  const int64_t now_seconds = store_.engine.clock().wall_ms() / 1000;
  const bool is_fast = command.spec->flags & wire::kFast;
  store_.latency_events.add(has_waited ? "command-unblocking"
                            : is_fast  ? "fast-command"
                                       : "command",
                            now_seconds, ns / 1'000'000, settings.latency_threshold_ms);
  const bool is_slow =
      settings.slowlog_us >= 0 && ns / 1000 >= static_cast<uint64_t>(settings.slowlog_us);
  if (!is_slow || (command.spec->flags & wire::kSkipSlowlog)) return;
  SlowLog::Entry entry;
  entry.at = now_seconds;
  entry.took_us = ns / 1000;
  entry.client = client.connection().peer_name();
  entry.client_name = client.name;
  store_.slow_log.add(std::move(entry), redacted(command, args), settings.slowlog_entries);
  begin();
}

}  // namespace slotway::backend
