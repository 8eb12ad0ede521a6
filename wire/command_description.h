// How COMMAND INFO and COMMAND DOCS describe one command: the parts of command_reply.h.
//
// Only what the program supports is shown: the caller says which rows it runs. Stateless; any
// thread.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "wire/command_table.h"
#include "wire/reply_writer.h"

namespace slotway::wire {

// Whether the program runs this row. Not asked about pure containers (Handling::kContainer): they
// are shown if one of their subcommands is.
using SupportedCommand = std::function<bool(const Command&)>;

bool is_shown(const Command& command, const SupportedCommand& supported);
std::vector<const Command*> shown_subcommands(const Command& container,
                                              const SupportedCommand& supported);

// The entry of COMMAND INFO: an array of ten, with the shown subcommands in it.
void write_info(const Command* command, const SupportedCommand& supported, ReplyWriter& writer);

// The entry of COMMAND DOCS: a map, with the shown subcommands in it.
void write_docs(const Command& command, const SupportedCommand& supported, ReplyWriter& writer);

// The names of the bits in `flags`, each behind `prefix`, as a set of simple strings.
void write_flags(uint32_t flags, std::span<const FlagName> names, std::string_view prefix,
                 ReplyWriter& writer);

}  // namespace slotway::wire
