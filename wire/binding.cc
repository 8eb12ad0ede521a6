#include "wire/binding.h"

#include <cstdio>
#include <cstdlib>

namespace slotway::wire {

void fail_binding(std::string_view what, std::string_view name) {
  std::fprintf(stderr, "command table: %.*s '%.*s'\n", static_cast<int>(what.size()), what.data(),
               static_cast<int>(name.size()), name.data());
  std::abort();
}

const Command& bound_row(std::string_view full_name) {
  for (const Command& command : all_commands()) {
    if (command.full_name == full_name) return command;
  }
  fail_binding("no row for the handler of", full_name);
}

}  // namespace slotway::wire
