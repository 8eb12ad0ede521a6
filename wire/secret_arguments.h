// What of a command must not be seen by those who read logs (SLOWLOG, MONITOR): passwords and what
// belongs to them, by CommandSpec::secrets; and which settings hold such. Stateless.
#pragma once

#include <string_view>
#include <vector>

#include "wire/command_table.h"

namespace slotway::wire {

inline constexpr std::string_view kRedacted = "(redacted)";

// Whether a setting of a server, of redis-server or slotway-store, is a secret by its name, in any
// case: one list, by which the store cuts its log, and the proxy keeps from its clients what is
// between it and the shards.
bool is_secret_setting(std::string_view name);

// The arguments, kRedacted in the place of secret ones. Views of `args`. Which settings are secret
// `is_secret_setting` tells by their names; null: all of them.
std::vector<std::string_view> without_secrets(const CommandSpec& spec, Args args,
                                              bool (*is_secret_setting)(std::string_view name));

}  // namespace slotway::wire
