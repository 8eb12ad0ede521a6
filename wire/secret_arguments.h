// What of a command must not be seen by those who read logs (SLOWLOG, MONITOR): passwords and what
// belongs to them, by CommandSpec::secrets. Stateless.
#pragma once

#include <string_view>
#include <vector>

#include "wire/command_table.h"

namespace slotway::wire {

inline constexpr std::string_view kRedacted = "(redacted)";

// The arguments, kRedacted in the place of secret ones. Views of `args`. Which settings are secret
// `is_secret_setting` tells by their names; null: all of them.
std::vector<std::string_view> without_secrets(const CommandSpec& spec, Args args,
                                              bool (*is_secret_setting)(std::string_view name));

}  // namespace slotway::wire
