#include "proxy/monitors.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "proxy/server.h"
#include "proxy/session.h"
#include "proxy/worker.h"
#include "wire/monitor_line.h"
#include "wire/number.h"
#include "wire/secret_arguments.h"

namespace slotway::proxy {

namespace {

constexpr size_t kMostWaiting = 32u << 20;  // bytes in an inbox; more is left out

// SELECT is shown with the database that it leads to.
uint32_t database_of(const Session& session, const wire::Command& command, wire::Args args) {
  if (command.full_name != "select") return session.database();
  const auto number = wire::parse_integer(args[1]);
  return number && *number >= 0 && *number < 16 ? static_cast<uint32_t>(*number)
                                                : session.database();
}

}  // namespace

std::string monitor_line(const Session& session, const wire::Command& command, wire::Args args) {
  return wire::monitor_line(database_of(session, command, args), session.connection().peer_name(),
                            wire::without_secrets(*command.spec, args, nullptr));
}

// ---- the inbox

void Monitors::Inbox::put(std::string_view lines) {
  const std::lock_guard lock(mutex_);
  if (lines_.size() + lines.size() > kMostWaiting) return;
  if (lines_.empty()) worker_.loop().post([this] { deliver(); });
  lines_ += lines;
}

void Monitors::Inbox::deliver() {
  std::string lines;
  {
    const std::lock_guard lock(mutex_);
    lines.swap(lines_);
  }
  for (const auto& [id, ready] : pool_.monitors().sessions_) {
    const auto found = worker_.sessions().find(id);
    if (!ready || found == worker_.sessions().end()) continue;
    Session& session = *found->second;
    wire::Connection& connection = session.connection();
    if (connection.closing()) continue;
    connection.out().append(lines);
    connection.flush_soon();
    if (connection.out().size() > pool_.settings().limits.output_buffer + lines.size()) {
      session.close(metrics::CloseReason::kOutputLimit);
    }
  }
}

// ---- who monitors

namespace {

template <typename Change>
void on_all_workers(Worker& worker, const std::string& name, Change change) {
  for (const auto& other : worker.server().workers()) {
    Worker* const target = other.get();
    target->loop().post([target, name, change] {
      if (Pool* const pool = target->pool_named(name)) {
        change(pool->monitors());
        target->update_guards(*pool);
      }
    });
  }
}

}  // namespace

void Monitors::add(uint64_t session, const std::string& pool) {
  sessions_.emplace(session, false);
  on_all_workers(worker_, pool, [inbox = &inbox_](Monitors& each) { each.show_to(*inbox); });
}

void Monitors::remove(uint64_t session, const std::string& pool) {
  if (!has(session)) return;
  sessions_.erase(session);
  on_all_workers(worker_, pool,
                 [inbox = &inbox_](Monitors& each) { each.no_longer_show_to(*inbox); });
}

void Monitors::no_longer_show_to(Inbox& inbox) {
  const auto found = shown_to_.find(&inbox);
  if (found != shown_to_.end() && --found->second == 0) shown_to_.erase(found);
}

// ---- what is shown

bool MonitorSample::takes_next(uint64_t now_ms) {
  if (const uint64_t second = now_ms / 1000; second != second_) {
    every_ = second == second_ + 1 ? 1 + seen_ / kMostPerSecond : 1;
    second_ = second;
    seen_ = taken_ = 0;
  }
  return seen_ % every_ == 0 && taken_ < kMostPerSecond;
}

void MonitorSample::count_next() {
  if (seen_ % every_ == 0 && taken_ < kMostPerSecond) ++taken_;
  ++seen_;
}

void Monitors::show(std::string_view lines) {
  for (const auto& [inbox, count] : shown_to_) inbox->put(lines);
}

}  // namespace slotway::proxy
