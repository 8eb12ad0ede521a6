#include "backend/commands/bindings.h"

#include <cstdio>
#include <cstdlib>
#include <vector>

namespace slotway::backend {

namespace {

[[noreturn]] void misbound(std::string_view what, std::string_view name) {
  std::fprintf(stderr, "command table: %.*s '%.*s'\n", static_cast<int>(what.size()), what.data(),
               static_cast<int>(name.size()), name.data());
  std::abort();
}

std::vector<Handler> bind_all() {
  std::vector<Handler> handlers(wire::command_count(), nullptr);
  for (const auto& bindings :
       {client_list_bindings(), client_session_bindings(), cluster_bindings(), config_bindings(),
        connection_bindings(), database_bindings(), debug_bindings(), expire_bindings(),
        generic_bindings(), info_bindings(), lcs_bindings(), object_bindings(), scan_bindings(),
        server_bindings(), string_bindings(), string_edit_bindings(), string_number_bindings()}) {
    for (const Binding& binding : bindings) {
      const wire::Command* found = nullptr;
      for (const wire::Command& command : wire::all_commands()) {
        if (command.full_name == binding.command) found = &command;
      }
      if (!found) misbound("no row for the handler of", binding.command);
      if (handlers[found->id]) misbound("two handlers for", binding.command);
      handlers[found->id] = binding.handler;
    }
  }
  return handlers;
}

const std::vector<Handler>& handlers() {
  static const std::vector<Handler> bound = bind_all();
  return bound;
}

}  // namespace

Handler handler_of(wire::CommandId id) { return handlers()[id]; }

// A container is there if anything in it is.
bool is_supported(const wire::Command& command) {
  if (handler_of(command.id)) return true;
  if (!command.has_subcommands) return false;
  for (size_t i = 1; i <= command.spec->subcommands.size(); ++i) {
    if (handler_of(static_cast<wire::CommandId>(command.id + i))) return true;
  }
  return false;
}

void check_bindings() { (void)handlers(); }

}  // namespace slotway::backend
