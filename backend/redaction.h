// What of a command may be seen by those who read logs: SLOWLOG and MONITOR.
#pragma once

#include <string_view>
#include <vector>

#include "wire/command_table.h"

namespace slotway::backend {

// The arguments with "(redacted)" in the place of secrets, values of secret settings among them.
// Views of `args`.
std::vector<std::string_view> redacted(const wire::Command& command, wire::Args args);

}  // namespace slotway::backend
