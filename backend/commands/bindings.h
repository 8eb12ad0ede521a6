// Which function carries out which row of the command table.
//
// Each file of this folder holds the handlers of one theme; see wire/binding.h.
#pragma once

#include <span>

#include "backend/call.h"
#include "wire/binding.h"

namespace slotway::backend {

using Handler = void (*)(Call& call);

using Binding = wire::Binding<Handler>;

std::span<const Binding> acl_bindings();
std::span<const Binding> bitfield_bindings();
std::span<const Binding> bitmap_bindings();
std::span<const Binding> client_list_bindings();
std::span<const Binding> client_session_bindings();
std::span<const Binding> client_tracking_bindings();
std::span<const Binding> cluster_bindings();
std::span<const Binding> config_bindings();
std::span<const Binding> connection_bindings();
std::span<const Binding> database_bindings();
std::span<const Binding> debug_bindings();
std::span<const Binding> dump_bindings();
std::span<const Binding> expire_bindings();
std::span<const Binding> generic_bindings();
std::span<const Binding> geo_bindings();
std::span<const Binding> geo_search_bindings();
std::span<const Binding> hash_bindings();
std::span<const Binding> hash_number_bindings();
std::span<const Binding> hash_random_bindings();
std::span<const Binding> hyperloglog_bindings();
std::span<const Binding> hyperloglog_debug_bindings();
std::span<const Binding> info_bindings();
std::span<const Binding> latency_bindings();
std::span<const Binding> lcs_bindings();
std::span<const Binding> list_bindings();
std::span<const Binding> list_blocking_bindings();
std::span<const Binding> list_edit_bindings();
std::span<const Binding> list_move_bindings();
std::span<const Binding> list_position_bindings();
std::span<const Binding> memory_bindings();
std::span<const Binding> monitor_bindings();
std::span<const Binding> object_bindings();
std::span<const Binding> pub_sub_bindings();
std::span<const Binding> scan_bindings();
std::span<const Binding> server_bindings();
std::span<const Binding> set_bindings();
std::span<const Binding> set_operation_bindings();
std::span<const Binding> set_random_bindings();
std::span<const Binding> slowlog_bindings();
std::span<const Binding> sorted_set_bindings();
std::span<const Binding> sorted_set_pick_bindings();
std::span<const Binding> sorted_set_pop_bindings();
std::span<const Binding> sorted_set_range_bindings();
std::span<const Binding> sorted_set_store_bindings();
std::span<const Binding> sort_bindings();
std::span<const Binding> string_bindings();
std::span<const Binding> string_edit_bindings();
std::span<const Binding> string_number_bindings();
std::span<const Binding> transaction_bindings();

// Null for a row that the store does not carry out (yet).
Handler handler_of(wire::CommandId id);
bool is_supported(const wire::Command& command);
// Ends the program, with a message, if a binding fits no row.
void check_bindings();

}  // namespace slotway::backend
