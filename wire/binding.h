// Binding: which function of a program carries out which row of the command table.
//
// Each file with handlers of one theme names the rows that they belong to; from all of these lists
// an array by CommandId is made when the program starts. Stateless; any thread.
#pragma once

#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "wire/command_table.h"

namespace slotway::wire {

template <typename Handler>
struct Binding {
  std::string_view command;  // the full name: "get", "client|id"
  Handler handler;
};

// Ends the program with "command table: <what> '<name>'": it was built wrongly.
[[noreturn]] void fail_binding(std::string_view what, std::string_view name);

// The row of a full name; ends the program if there is none.
const Command& bound_row(std::string_view full_name);

// Null for rows that no list names. A name that is in no row, or twice, ends the program.
template <typename Handler>
std::vector<Handler> bind_handlers(
    std::initializer_list<std::span<const Binding<Handler>>> bindings) {
  std::vector<Handler> handlers(command_count(), nullptr);
  for (const auto& theme : bindings) {
    for (const Binding<Handler>& binding : theme) {
      Handler& handler = handlers[bound_row(binding.command).id];
      if (handler) fail_binding("two handlers for", binding.command);
      handler = binding.handler;
    }
  }
  return handlers;
}

}  // namespace slotway::wire
