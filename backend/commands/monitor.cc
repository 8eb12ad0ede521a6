// MONITOR.

#include "backend/commands/bindings.h"

namespace slotway::backend {

namespace {

void monitor(Call& call) {
  if (!call.client.may_wait()) {
    return call.reply.error("ERR MONITOR isn't allowed for DENY BLOCKING client");
  }
  call.store.monitors.add(call.client);
  call.reply.ok();
}

constexpr Binding kBindings[] = {{"monitor", &monitor}};

}  // namespace

std::span<const Binding> monitor_bindings() { return kBindings; }

}  // namespace slotway::backend
