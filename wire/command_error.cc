#include "wire/command_error.h"

#include <algorithm>

#include "wire/text.h"

namespace slotway::wire {

namespace {

constexpr size_t kBeginning = 128;  // bytes of an unknown command's arguments

std::string upper(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return name;
}

}  // namespace

std::string unknown_command_error(Args args) {
  std::string text = "ERR unknown command '";
  text += excerpt(args[0]);
  text += "', with args beginning with: ";
  std::string beginning;
  for (size_t i = 1; i < args.size() && beginning.size() < kBeginning; ++i) {
    const size_t room = kBeginning - beginning.size();
    beginning += '\'';
    beginning += excerpt(args[i], room);
    beginning += "' ";
  }
  return text + beginning;
}

std::string unknown_subcommand_error(const Command& container, Args args) {
  if (args.size() < 2) return arity_error(container);
  return "ERR unknown subcommand '" + excerpt(args[1]) + "'. Try " + upper(container.full_name) +
         " HELP.";
}

std::string subcommand_syntax_error(const Command& subcommand, Args args) {
  return "ERR unknown subcommand or wrong number of arguments for '" + excerpt(args[1]) +
         "'. Try " + upper(subcommand.container->full_name) + " HELP.";
}

std::string arity_error(const Command& command) {
  return "ERR wrong number of arguments for '" + command.full_name + "' command";
}

std::string permission_error(const Command& command) {
  return "NOPERM this user has no permissions to run the '" + command.full_name + "' command";
}

}  // namespace slotway::wire
