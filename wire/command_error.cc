#include "wire/command_error.h"

#include <algorithm>

namespace slotway::wire {

namespace {

constexpr size_t kQuoted = 128;  // bytes

std::string_view quoted(std::string_view arg, size_t limit = kQuoted) {
  arg = arg.substr(0, limit);
  return arg.substr(0, std::min(arg.find('\0'), arg.size()));
}

}  // namespace

std::string unknown_command_error(Args args) {
  std::string text = "ERR unknown command '";
  text += quoted(args[0]);
  text += "', with args beginning with: ";
  std::string beginning;
  for (size_t i = 1; i < args.size() && beginning.size() < kQuoted; ++i) {
    const size_t room = kQuoted - beginning.size();
    beginning += '\'';
    beginning += quoted(args[i], room);
    beginning += "' ";
  }
  return text + beginning;
}

std::string unknown_subcommand_error(const Command& container, Args args) {
  if (args.size() < 2) return arity_error(container);
  std::string name = container.full_name;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return "ERR unknown subcommand '" + std::string(quoted(args[1])) + "'. Try " + name + " HELP.";
}

std::string arity_error(const Command& command) {
  return "ERR wrong number of arguments for '" + command.full_name + "' command";
}

}  // namespace slotway::wire
