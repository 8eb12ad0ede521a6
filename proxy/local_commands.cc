#include "proxy/local_commands.h"

#include <vector>

namespace slotway::proxy {

namespace {

// By CommandId.
std::vector<LocalHandler> bind_local_handlers() {
  std::vector<LocalHandler> handlers = wire::bind_handlers<LocalHandler>(
      {connection_bindings(), client_bindings(), database_bindings(), server_bindings()});
  for (const wire::Command& command : wire::all_commands()) {
    const bool local = command.spec->handling == wire::Handling::kLocal;
    if (local != (handlers[command.id] != nullptr)) {
      wire::fail_binding(local ? "no local handler for" : "a local handler for another kind of row",
                         command.full_name);
    }
  }
  return handlers;
}

const std::vector<LocalHandler>& handlers() {
  static const std::vector<LocalHandler> bound = bind_local_handlers();
  return bound;
}

}  // namespace

void check_local_commands() { (void)handlers(); }

Routed run_local_command(Session& session, const wire::Command& command, wire::Args args) {
  handlers()[command.id]({session, command, args});
  return Routed::kDone;
}

}  // namespace slotway::proxy
