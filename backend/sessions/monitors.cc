#include "backend/sessions/monitors.h"

#include <algorithm>

#include "backend/redaction.h"
#include "backend/store.h"
#include "wire/monitor_line.h"

namespace slotway::backend {

void Monitors::add(Client& client) {
  if (client.is_monitor) return;
  client.is_monitor = true;
  clients_.push_back(&client);
  store_.set_attention(Store::kMonitors, true);
  client.update_modes();
}

void Monitors::remove(Client& client) {
  if (!client.is_monitor) return;
  client.is_monitor = false;
  std::erase(clients_, &client);
  store_.set_attention(Store::kMonitors, !clients_.empty());
  client.update_modes();
}

void Monitors::show(const Client& client, const wire::Command& command, wire::Args args) {
  if (command.spec->flags & (wire::kSkipMonitor | wire::kAdmin)) return;
  const std::string line =
      wire::monitor_line(client.database, client.connection().peer_name(), redacted(command, args));
  for (Client* monitor : clients_) {
    if (monitor->reply_mode != Client::ReplyMode::kOn) continue;
    monitor->push([&](wire::ReplyWriter& writer) { writer.raw(line); });
  }
}

}  // namespace slotway::backend
