// MEMORY: what keys, tables and the process take.

#include <algorithm>
#include <string>

#include "backend/allocator.h"
#include "backend/commands/bindings.h"
#include "backend/commands/value_report.h"
#include "metrics/process_usage.h"
#include "wire/command_reply.h"

namespace slotway::backend {

namespace {

void usage(Call& call) {
  for (size_t i = 3; i < call.args.size(); i += 2) {
    if (!call.is(i, "samples") || i + 1 == call.args.size()) return call.reply.error(kSyntaxError);
    const auto samples = call.integer(i + 1);
    if (!samples) return;
    if (*samples < 0) return call.reply.error(kSyntaxError);
  }
  const Cell* const cell = call.database().find(call.key(2));
  if (!cell) return call.reply.null();
  call.reply.integer(static_cast<int64_t>(usage_of(cell->entry())));
}

double ratio(uint64_t a, uint64_t b) {
  return b == 0 ? 0 : static_cast<double>(a) / static_cast<double>(b);
}

void stats(Call& call) {
  wire::ReplyWriter& reply = call.reply;
  Engine& engine = call.engine();
  const uint64_t used = call.store.memory.used();
  const uint64_t peak = call.store.memory.peak();
  const uint64_t data = engine.bytes();
  const uint64_t resident = metrics::read_process_usage().resident_bytes;
  const auto bytes = [&](std::string_view name, uint64_t value) {
    reply.bulk(name);
    reply.integer(static_cast<int64_t>(value));
  };
  const auto share = [&](std::string_view name, double value) {
    reply.bulk(name);
    reply.real(value);
  };
  uint64_t databases = 0;
  for (uint32_t i = 0; i < engine.database_count(); ++i) databases += engine.database(i).size() > 0;
  const std::optional<uint64_t> allocated = allocated_bytes();
  reply.map(14 + databases + (allocated ? 1 : 0));
  bytes("peak.allocated", peak);
  bytes("total.allocated", used);
  bytes("startup.allocated", 0);
  bytes("replication.backlog", 0);
  bytes("clients.slaves", 0);
  bytes("clients.normal", call.store.memory.of_clients());
  for (uint32_t i = 0; i < engine.database_count(); ++i) {
    const Keyspace& keyspace = engine.database(i).keyspace();
    if (keyspace.size() == 0) continue;
    reply.bulk("db." + std::to_string(i));
    reply.map(2);
    bytes("keys", keyspace.size());
    bytes("bytes", keyspace.bytes());
  }
  bytes("overhead.total", used - data);
  bytes("keys.count", engine.key_count());
  bytes("keys.bytes-per-key", engine.key_count() ? data / engine.key_count() : 0);
  bytes("dataset.bytes", data);
  share("dataset.percentage", 100 * ratio(data, used));
  share("peak.percentage", 100 * ratio(used, peak));
  if (allocated) bytes("allocator.allocated", *allocated);
  share("fragmentation", ratio(resident, used));
  bytes("fragmentation.bytes", resident - std::min(resident, used));
}

void doctor(Call& call) {
  constexpr uint64_t kLittle = 5 << 20;
  constexpr double kMuch = 1.4;
  const uint64_t used = call.store.memory.used();
  const uint64_t peak = call.store.memory.peak();
  const uint64_t resident = metrics::read_process_usage().resident_bytes;
  if (used < kLittle) return call.reply.verbatim("txt", "Too little is in use to say anything.\n");
  std::string text;
  if (ratio(peak, used) > kMuch) {
    text += "- Much more was in use at some time: what is resident may go by that.\n";
  }
  if (ratio(resident, used) > kMuch) {
    text += "- Much more is resident than in use: MEMORY PURGE gives some of it back.\n";
  }
  call.reply.verbatim("txt", text.empty() ? "No problem was found.\n" : text);
}

void malloc_stats(Call& call) { call.reply.verbatim("txt", allocator_report()); }

void purge(Call& call) {
  give_back_memory();
  call.reply.ok();
}

void help(Call& call) {
  wire::write_help_reply(*call.command.container, &is_supported, call.reply);
}

constexpr Binding kBindings[] = {
    {"memory|usage", &usage},   {"memory|stats", &stats},
    {"memory|doctor", &doctor}, {"memory|malloc-stats", &malloc_stats},
    {"memory|purge", &purge},   {"memory|help", &help},
};

}  // namespace

std::span<const Binding> memory_bindings() { return kBindings; }

}  // namespace slotway::backend
