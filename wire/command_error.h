// The error lines ("CODE text") for commands that do not exist, are called wrongly, or are not for
// this user, in Redis's words, since clients look at them. What a client sent appears cut to 128
// bytes, up to the first NUL.
#pragma once

#include <string>
#include <string_view>

#include "wire/command_table.h"

namespace slotway::wire {

inline constexpr std::string_view kCrossSlot =
    "CROSSSLOT Keys in request don't hash to the same slot";

std::string unknown_command_error(Args args);
std::string unknown_subcommand_error(const Command& container, Args args);
// A subcommand that exists, with arguments that its arity allows and it does not.
std::string subcommand_syntax_error(const Command& subcommand, Args args);
std::string arity_error(const Command& command);
// Of a command that exists, to a user who may not run it.
std::string permission_error(const Command& command);

}  // namespace slotway::wire
