// The replies of COMMAND and its subcommands, and of the HELP of every container, read from the
// command table.
//
// In structure they are those of Redis 7.0, for RESP2 and RESP3; DOCS leaves out the history and
// the arguments, and neither DOCS nor INFO takes more names than there are commands. Only commands
// that the program supports are shown, and known to GETKEYS: the caller says which. Stateless; any
// thread.
#pragma once

#include "wire/command_description.h"
#include "wire/command_table.h"
#include "wire/reply_writer.h"

namespace slotway::wire {

// Answers `args`, for which find_command(args) gave `command`: COMMAND or one of its subcommands.
// Requires that the arity was checked.
void write_command_reply(const Command& command, Args args, const SupportedCommand& supported,
                         ReplyWriter& writer);

// The supported subcommands of `container` and what they do, as simple strings.
void write_help_reply(const Command& container, const SupportedCommand& supported,
                      ReplyWriter& writer);

}  // namespace slotway::wire
