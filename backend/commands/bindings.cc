#include "backend/commands/bindings.h"

#include <vector>

namespace slotway::backend {

namespace {

const std::vector<Handler>& handlers() {
  static const std::vector<Handler> bound =
      wire::bind_handlers<Handler>({acl_bindings(),
                                    bitfield_bindings(),
                                    bitmap_bindings(),
                                    client_list_bindings(),
                                    client_session_bindings(),
                                    client_tracking_bindings(),
                                    cluster_bindings(),
                                    config_bindings(),
                                    connection_bindings(),
                                    database_bindings(),
                                    debug_bindings(),
                                    dump_bindings(),
                                    expire_bindings(),
                                    generic_bindings(),
                                    geo_bindings(),
                                    geo_search_bindings(),
                                    hash_bindings(),
                                    hash_number_bindings(),
                                    hash_random_bindings(),
                                    hyperloglog_bindings(),
                                    hyperloglog_debug_bindings(),
                                    info_bindings(),
                                    latency_bindings(),
                                    lcs_bindings(),
                                    list_bindings(),
                                    list_blocking_bindings(),
                                    list_edit_bindings(),
                                    list_move_bindings(),
                                    list_position_bindings(),
                                    memory_bindings(),
                                    monitor_bindings(),
                                    object_bindings(),
                                    pub_sub_bindings(),
                                    scan_bindings(),
                                    server_bindings(),
                                    set_bindings(),
                                    set_operation_bindings(),
                                    set_random_bindings(),
                                    slowlog_bindings(),
                                    sort_bindings(),
                                    sorted_set_bindings(),
                                    sorted_set_pick_bindings(),
                                    sorted_set_pop_bindings(),
                                    sorted_set_range_bindings(),
                                    sorted_set_store_bindings(),
                                    string_bindings(),
                                    string_edit_bindings(),
                                    string_number_bindings(),
                                    transaction_bindings()});
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
