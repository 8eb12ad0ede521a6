#include "proxy/local/local_commands.h"

#include <vector>

#include "wire/command_reply.h"

namespace slotway::proxy {

namespace {

// By CommandId.
std::vector<LocalHandler> bind_local_handlers() {
  std::vector<LocalHandler> handlers =
      wire::bind_handlers<LocalHandler>({client_bindings(),      client_control_bindings(),
                                         client_list_bindings(), cluster_bindings(),
                                         config_bindings(),      connection_bindings(),
                                         database_bindings(),    debug_bindings(),
                                         diagnostics_bindings(), hot_keys_bindings(),
                                         latency_bindings(),     monitor_bindings(),
                                         persistence_bindings(), pubsub_bindings(),
                                         script_bindings(),      server_bindings(),
                                         slow_log_bindings(),    tracking_bindings(),
                                         transaction_bindings(), wait_bindings()});
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

bool is_supported(const wire::Command& command) {
  return command.spec->handling != wire::Handling::kRefuse;
}

void answer_help(const LocalCall& call) {
  call.reply([&](wire::ReplyWriter& writer) {
    wire::write_help_reply(*call.command.container, &is_supported, writer);
  });
}

Routed run_local_command(Session& session, const wire::Command& command, wire::Args args,
                         size_t request_size) {
  Routed routed = Routed::kDone;
  handlers()[command.id]({session, command, args, request_size, routed});
  return routed;
}

}  // namespace slotway::proxy
