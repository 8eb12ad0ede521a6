#include "proxy/statistics.h"

namespace slotway::proxy {

std::shared_ptr<const Statistics::Beginning> Statistics::beginning() const {
  const std::lock_guard lock(mutex_);
  return beginning_;
}

metrics::ClientSum Statistics::clients() const {
  const auto since = beginning();
  metrics::ClientSum sum = registry_.clients();
  sum.accepted -= since->clients.accepted;
  sum.rejected -= since->clients.rejected;
  sum.bytes_in -= since->clients.bytes_in;
  sum.bytes_out -= since->clients.bytes_out;
  sum.protocol_errors -= since->clients.protocol_errors;
  sum.unknown_commands -= since->clients.unknown_commands;
  return sum;
}

metrics::CommandSum Statistics::command(wire::CommandId id) const {
  const auto since = beginning();
  metrics::CommandSum sum = registry_.command(id);
  if (const auto before = since->commands.find(id); before != since->commands.end()) {
    sum.requests -= before->second.requests;
    sum.errors -= before->second.errors;
    sum.latency.subtract(before->second.latency);
  }
  return sum;
}

void Statistics::reset() {
  auto now = std::make_shared<Beginning>();
  now->clients = registry_.clients();
  for (const wire::Command& command : wire::all_commands()) {
    metrics::CommandSum sum = registry_.command(command.id);
    if (sum.requests > 0) now->commands.emplace(command.id, std::move(sum));
  }
  const std::lock_guard lock(mutex_);
  beginning_ = std::move(now);
}

}  // namespace slotway::proxy
