// A command table of three rows, so that the tests of metrics do not depend on the real one.
#pragma once

#include <string>
#include <vector>

#include "wire/command_table.h"

namespace slotway::metrics::testing {

inline const std::vector<wire::Command>& fake_commands() {
  static const std::vector<wire::Command> commands = [] {
    std::vector<wire::Command> rows(3);
    for (wire::CommandId id = 0; id < rows.size(); ++id) rows[id].id = id;
    rows[0].full_name = "get";
    rows[1].full_name = "config|get";
    rows[2].full_name = "set";
    return rows;
  }();
  return commands;
}

}  // namespace slotway::metrics::testing
