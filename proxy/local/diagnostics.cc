// What the proxy tells about its own state beside INFO and LATENCY: MEMORY, MODULE, LOLWUT.

#include <string>

#include "metrics/process_usage.h"
#include "proxy/local/local_commands.h"
#include "proxy/server.h"
#include "proxy/worker.h"
#include "wire/greeting.h"

namespace slotway::proxy {

namespace {

void empty_array(const LocalCall& call) {
  call.reply([](wire::ReplyWriter& writer) { writer.array(0); });
}

void text(const LocalCall& call, std::string_view words) {
  call.reply([&](wire::ReplyWriter& writer) { writer.verbatim("txt", words); });
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
    {"lolwut", &lolwut},           {"memory|doctor", &memory_doctor},
    {"memory|help", &answer_help}, {"memory|stats", &memory_stats},
    {"module|help", &answer_help}, {"module|list", &empty_array},
    {"object|help", &answer_help}, {"xgroup|help", &answer_help},
    {"xinfo|help", &answer_help},
};

}  // namespace

std::span<const LocalBinding> diagnostics_bindings() { return kBindings; }

}  // namespace slotway::proxy
