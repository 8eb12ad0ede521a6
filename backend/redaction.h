// What of a command must not be seen by those who read logs: SLOWLOG and MONITOR.
#pragma once

#include <string_view>
#include <vector>

#include "wire/command_table.h"

namespace slotway::backend {

// The arguments with "(redacted)" in the place of passwords and what belongs to them: those of
// AUTH, HELLO AUTH, MIGRATE AUTH and AUTH2, CONFIG SET of secret settings, ACL SETUSER. Views of
// `args`.
std::vector<std::string_view> redacted(const wire::Command& command, wire::Args args);

}  // namespace slotway::backend
