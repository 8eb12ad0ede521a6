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

// The first and last key argument and the step between keys, as COMMAND prints them; a negative
// last counts from the end of the arguments. All 0: no keys, or none at places known in advance.
struct KeyRange {
  int32_t first = 0;
  int32_t last = 0;
  int32_t step = 0;
};

struct Command {
  const CommandSpec* spec = nullptr;
  const Command* container = nullptr;  // set for a subcommand
  CommandId id = 0;
  bool has_subcommands = false;
  // True if `key_range` says where all keys are and nothing else is one: most commands. See
  // plain_key_positions() in key_extraction.h.
  bool plain_keys = false;
  // True if it only reads one key, argument 1, and answers the same until that key changes.
  bool cacheable = false;
  // True if it reads or changes keys; `names_others` if also such that its arguments do not name:
  // FLUSHALL, a script, SORT BY.
  bool names_keys = false;
  bool names_others = false;
  KeyRange key_range;
  // "get", "config|get": the name that COMMAND and metrics use.
  std::string full_name;
};

using Args = std::span<const std::string_view>;

// The command or container called `name` in any case, or nullptr.
const Command* find_command(std::string_view name);

// The row that answers for `args` (args[0] is the name): the subcommand where args[0] is a
// container and args[1] is one of its subcommands, the container itself where it is not, nullptr
// when args[0] is unknown. Requires !args.empty().
const Command* find_command(Args args);

// Every row: containers directly before their subcommands.
std::span<const Command> all_commands();
size_t command_count();

// True if `count` arguments (the name included) suit the arity.
inline bool arity_accepts(const CommandSpec& spec, size_t count) {
  return spec.arity >= 0 ? count == static_cast<size_t>(spec.arity)
                         : count >= static_cast<size_t>(-spec.arity);
}

// Redis's lower-case names, as COMMAND and COMMAND DOCS print them.
std::string_view group_name(Group group);
std::string_view flag_name(CommandFlag flag);
std::string_view acl_category_name(AclCategory category);
std::string_view key_flag_name(KeyFlag flag);

// One bit of CommandFlag, AclCategory or KeyFlag, and its name.
struct FlagName {
  uint32_t flag;
  std::string_view name;
};
// All bits in the order in which COMMAND prints them; kMayReplicate is not among the first: Redis
// does not show it.
std::span<const FlagName> command_flag_names();
std::span<const FlagName> acl_category_names();
std::span<const FlagName> key_flag_names();

// The categories that COMMAND prints: the row's own and those that its flags imply.
uint32_t acl_categories(const CommandSpec& spec);

}  // namespace slotway::wire
