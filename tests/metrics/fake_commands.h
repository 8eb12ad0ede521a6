// A command table of three rows, so that the tests of metrics do not depend on the real one.
#pragma once

#include <string>
#include <vector>

#include "wire/command_table.h"

namespace slotway::metrics::testing {

inline const std::vector<wire::Command>& fake_commands() {
  static const std::vector<wire::Command> commands = {{nullptr, nullptr, 0, "get"},
                                                      {nullptr, nullptr, 1, "config|get"},
                                                      {nullptr, nullptr, 2, "set"}};
  return commands;
}

}  // namespace slotway::metrics::testing
