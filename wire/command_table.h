// The command table: look-up by name and the numbering of all rows.
//
// Built once, before main() starts threads; constant and lock-free afterwards. Every row, container
// rows and subcommand rows alike, has a dense id in [0, command_count()), so that per-command data
// (counters, handlers) lives in plain arrays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "wire/command.h"

namespace slotway::wire {

using CommandId = uint16_t;

struct Command {
  const CommandSpec* spec = nullptr;
  const Command* container = nullptr;  // set for a subcommand
  CommandId id = 0;
  // "get", "config|get": the name that COMMAND and metrics use.
  std::string full_name;
};

using Args = std::span<const std::string_view>;

// The command or container called `name` in any case, or nullptr.
const Command* find_command(std::string_view name);

// The row that answers for `args` (args[0] is the name): the subcommand where args[0] is a container
// and args[1] is one of its subcommands, the container itself where it is not, nullptr when args[0]
// is unknown. Requires !args.empty().
const Command* find_command(Args args);

// Every row: containers directly before their subcommands.
std::span<const Command> all_commands();
size_t command_count();

// True if `count` arguments (the name included) suit the arity.
bool arity_accepts(const CommandSpec& spec, size_t count);

// Redis's lower-case names, as COMMAND and COMMAND DOCS print them.
std::string_view group_name(Group group);
std::string_view flag_name(CommandFlag flag);
std::string_view acl_category_name(AclCategory category);
std::string_view key_flag_name(KeyFlag flag);
// The categories that COMMAND prints: the row's own and those that its flags imply.
uint32_t acl_categories(const CommandSpec& spec);

}  // namespace slotway::wire
