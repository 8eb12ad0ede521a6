// The line by which MONITOR shows a command. Stateless.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wire/command_table.h"

namespace slotway::wire {

// "+<seconds> [<database> <peer>] "get" "key"", as Redis prints it, with CR LF. That `args` are
// without passwords is the caller's business.
std::string monitor_line(uint32_t database, std::string_view peer, Args args);

}  // namespace slotway::wire
