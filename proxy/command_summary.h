// The table of supported commands in the README, made from the command table.
#pragma once

#include <string>

namespace slotway::proxy {

// Markdown: a row for each command group, with the commands by what the proxy does with them.
std::string command_summary();

}  // namespace slotway::proxy
