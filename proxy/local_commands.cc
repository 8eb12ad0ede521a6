#include "proxy/local_commands.h"

#include <cstdio>
#include <cstdlib>
#include <vector>

namespace slotway::proxy {

namespace {

[[noreturn]] void misbound(std::string_view what, std::string_view name) {
  std::fprintf(stderr, "command table: %.*s '%.*s'\n", static_cast<int>(what.size()), what.data(),
               static_cast<int>(name.size()), name.data());
  std::abort();
}

// By CommandId.
std::vector<LocalHandler> bind_handlers() {
  std::vector<LocalHandler> handlers(wire::command_count(), nullptr);
  for (const auto bindings : {connection_bindings(), client_bindings(), server_bindings()}) {
    for (const LocalBinding& binding : bindings) {
      const wire::Command* found = nullptr;
      for (const wire::Command& command : wire::all_commands()) {
        if (command.full_name == binding.command) found = &command;
      }
      if (!found) misbound("no row for the local handler", binding.command);
      handlers[found->id] = binding.handler;
    }
  }
  for (const wire::Command& command : wire::all_commands()) {
    const bool local = command.spec->handling == wire::Handling::kLocal;
    if (local != (handlers[command.id] != nullptr)) {
      misbound(local ? "no local handler for" : "a local handler for another kind of row",
               command.full_name);
    }
  }
  return handlers;
}

const std::vector<LocalHandler>& handlers() {
  static const std::vector<LocalHandler> bound = bind_handlers();
  return bound;
}

}  // namespace

void check_local_commands() { (void)handlers(); }

Routed run_local_command(Session& session, const wire::Command& command, wire::Args args) {
  handlers()[command.id]({session, command, args});
  return Routed::kDone;
}

}  // namespace slotway::proxy
