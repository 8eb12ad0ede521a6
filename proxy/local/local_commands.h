// The commands that the proxy answers itself: the rows of the command table with Handling::kLocal.
//
// Each file of this folder that has bindings holds the handlers of one theme and binds them to
// their rows by name. That every such row has a handler, and no other, is checked when the program
// starts.
#pragma once

#include <span>
#include <string_view>

#include "proxy/router.h"
#include "wire/binding.h"

namespace slotway::proxy {

struct LocalCall {
  Session& session;
  const wire::Command& command;
  wire::Args args;
  size_t request_size;  // bytes
  Routed& routed;       // kDone, unless the handler cannot answer yet

  // Before a handler asks shards in the order of the session's commands. False: not yet, and the
  // handler returns.
  bool may_ask_shards() const {
    if (session.choose_lane(command, request_size)) return true;
    routed = Routed::kWait;
    return false;
  }

  // Before a handler takes a connection for the session alone, or gives one up. False: not yet, and
  // the handler returns.
  bool may_change_connections() const {
    routed = wait_for_answers(session);
    return routed == Routed::kDone;
  }

  // Who asks for it, for the audit: "client 7 at 127.0.0.1:4711".
  std::string by() const {
    return "client " + std::to_string(session.id()) + " at " + session.connection().peer_name();
  }

  void ok() const {
    session.reply(&command, [](wire::ReplyWriter& writer) { writer.ok(); });
  }
  void error(std::string_view line) const { session.reply_error(&command, line); }
  template <typename Write>
  void reply(Write write) const {
    session.reply(&command, write);
  }
};

using LocalHandler = void (*)(const LocalCall& call);

using LocalBinding = wire::Binding<LocalHandler>;

std::span<const LocalBinding> client_bindings();
std::span<const LocalBinding> client_control_bindings();
std::span<const LocalBinding> client_list_bindings();
std::span<const LocalBinding> cluster_bindings();
std::span<const LocalBinding> config_bindings();
std::span<const LocalBinding> connection_bindings();
std::span<const LocalBinding> database_bindings();
std::span<const LocalBinding> debug_bindings();
std::span<const LocalBinding> diagnostics_bindings();
std::span<const LocalBinding> hot_keys_bindings();
std::span<const LocalBinding> latency_bindings();
std::span<const LocalBinding> persistence_bindings();
std::span<const LocalBinding> pubsub_bindings();
std::span<const LocalBinding> monitor_bindings();
std::span<const LocalBinding> script_bindings();
std::span<const LocalBinding> server_bindings();
std::span<const LocalBinding> slow_log_bindings();
std::span<const LocalBinding> tracking_bindings();
std::span<const LocalBinding> transaction_bindings();
std::span<const LocalBinding> wait_bindings();

// Aborts, with a message, if the handlers and the rows do not fit each other.
void check_local_commands();

// Whether the proxy carries the command out in some way.
bool is_supported(const wire::Command& command);

// The HELP of any container: its supported subcommands.
void answer_help(const LocalCall& call);

// `request_size` is what the command takes of the input, in bytes.
Routed run_local_command(Session& session, const wire::Command& command, wire::Args args,
                         size_t request_size);

}  // namespace slotway::proxy
