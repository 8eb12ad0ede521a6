#include "wire/command_reply.h"

#include <algorithm>
#include <string>
#include <vector>

#include "wire/command_error.h"
#include "wire/glob.h"
#include "wire/key_extraction.h"
#include "wire/text.h"

namespace slotway::wire {

namespace {

using Commands = std::vector<const Command*>;

Commands shown_commands(const SupportedCommand& supported) {
  Commands shown;
  for (const Command& command : all_commands()) {
    if (!command.container && is_shown(command, supported)) shown.push_back(&command);
  }
  return shown;
}

// "get", "config|get", in any case; nullptr if it is unknown or not shown.
const Command* find_full_name(std::string_view name, const SupportedCommand& supported) {
  const size_t bar = name.find('|');
  const Command* found = find_command(name.substr(0, bar));
  if (found && bar != std::string_view::npos) {
    const std::string_view words[] = {name.substr(0, bar), name.substr(bar + 1)};
    found = find_command(Args(words));
    if (!found->container) return nullptr;
  }
  return found && is_shown(*found, supported) ? found : nullptr;
}

// Each name of a few bytes is answered with hundreds. Whoever asks for more than there is would be
// given memory and time without end, so that it is refused.
bool refuses_many(Args names, ReplyWriter& writer) {
  if (names.size() <= all_commands().size()) return false;
  writer.error("ERR too many command names: there are " + std::to_string(all_commands().size()) +
               " commands");
  return true;
}

void write_all_info(Args names, const SupportedCommand& supported, ReplyWriter& writer) {
  if (refuses_many(names, writer)) return;
  Commands commands;
  if (names.empty()) commands = shown_commands(supported);
  for (const std::string_view name : names) commands.push_back(find_full_name(name, supported));
  writer.array(commands.size());
  for (const Command* command : commands) write_info(command, supported, writer);
}

void write_all_docs(Args names, const SupportedCommand& supported, ReplyWriter& writer) {
  if (refuses_many(names, writer)) return;
  Commands commands;
  if (names.empty()) commands = shown_commands(supported);
  for (const std::string_view name : names) {
    if (const Command* command = find_full_name(name, supported)) commands.push_back(command);
  }
  writer.map(commands.size());
  for (const Command* command : commands) {
    writer.bulk(command->full_name);
    write_docs(*command, supported, writer);
  }
}

enum class ListFilter : uint8_t { kNone, kModule, kAclCategory, kPattern, kBad };

ListFilter list_filter(Args options) {
  if (options.empty()) return ListFilter::kNone;
  if (options.size() != 3 || !equal_ignoring_case(options[0], "filterby")) return ListFilter::kBad;
  if (equal_ignoring_case(options[1], "module")) return ListFilter::kModule;
  if (equal_ignoring_case(options[1], "aclcat")) return ListFilter::kAclCategory;
  if (equal_ignoring_case(options[1], "pattern")) return ListFilter::kPattern;
  return ListFilter::kBad;
}

uint32_t acl_category_called(std::string_view name) {
  for (const FlagName& category : acl_category_names()) {
    if (equal_ignoring_case(name, category.name)) return category.flag;
  }
  return 0;
}

void write_list(Args options, const SupportedCommand& supported, ReplyWriter& writer) {
  const ListFilter filter = list_filter(options);
  if (filter == ListFilter::kBad) return writer.error("ERR syntax error");
  const uint32_t category =
      filter == ListFilter::kAclCategory ? acl_category_called(options[2]) : 0;
  const auto passes = [&](const Command& command) {
    switch (filter) {
      case ListFilter::kAclCategory:
        return (acl_categories(*command.spec) & category) != 0;
      case ListFilter::kPattern:
        return glob_match(options[2], command.full_name, /*ignore_case=*/true);
      case ListFilter::kModule:
        return false;  // there are no modules
      default:
        return true;
    }
  };
  Commands commands;
  for (const Command& command : all_commands()) {
    if (is_shown(command, supported) && passes(command)) commands.push_back(&command);
  }
  writer.array(commands.size());
  for (const Command* command : commands) writer.bulk(command->full_name);
}

void write_keys(Args call, bool with_flags, const SupportedCommand& supported,
                ReplyWriter& writer) {
  const Command* command = find_command(call);
  const bool unknown =
      !command || !is_shown(*command, supported) || (command->has_subcommands && call.size() > 1);
  if (unknown) return writer.error("ERR Invalid command specified");
  const CommandSpec& spec = *command->spec;
  if (!takes_keys(spec)) return writer.error("ERR The command has no key arguments");
  if (!arity_accepts(spec, call.size())) {
    return writer.error("ERR Invalid number of arguments specified for command");
  }
  std::vector<KeyPosition> keys;
  if (extract_keys(spec, call, keys) != KeyExtraction::kOk && !(spec.flags & kNoMandatoryKeys)) {
    return writer.error("ERR Invalid arguments specified for command");
  }
  writer.array(keys.size());
  for (const KeyPosition& key : keys) {
    if (with_flags) writer.array(2);
    writer.bulk(call[key.index]);
    if (with_flags) write_flags(key.flags, key_flag_names(), "", writer);
  }
}

std::string upper_case(std::string_view name) {
  std::string upper(name);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return upper;
}

void write_count(Args, const SupportedCommand& supported, ReplyWriter& writer) {
  writer.integer(static_cast<int64_t>(shown_commands(supported).size()));
}

void write_keys_alone(Args call, const SupportedCommand& supported, ReplyWriter& writer) {
  write_keys(call, /*with_flags=*/false, supported, writer);
}

void write_keys_and_flags(Args call, const SupportedCommand& supported, ReplyWriter& writer) {
  write_keys(call, /*with_flags=*/true, supported, writer);
}

void write_own_help(Args, const SupportedCommand& supported, ReplyWriter& writer) {
  write_help_reply(*find_command("command"), supported, writer);
}

// How each subcommand of COMMAND is answered; `args` are those behind its name.
struct Answer {
  std::string_view subcommand;
  void (*write)(Args args, const SupportedCommand& supported, ReplyWriter& writer);
};

constexpr Answer kAnswers[] = {
    {"count", write_count},        {"docs", write_all_docs},
    {"getkeys", write_keys_alone}, {"getkeysandflags", write_keys_and_flags},
    {"help", write_own_help},      {"info", write_all_info},
    {"list", write_list},
};

}  // namespace

void write_help_reply(const Command& container, const SupportedCommand& supported,
                      ReplyWriter& writer) {
  const Commands subcommands = shown_subcommands(container, supported);
  writer.array(1 + 2 * subcommands.size());
  writer.simple(upper_case(container.full_name) + " <subcommand> [argument ...], with one of:");
  for (const Command* subcommand : subcommands) {
    writer.simple(upper_case(subcommand->spec->name));
    writer.simple("    " + std::string(subcommand->spec->summary));
  }
}

void write_command_reply(const Command& command, Args args, const SupportedCommand& supported,
                         ReplyWriter& writer) {
  if (!command.container) {
    if (args.size() > 1) return writer.error(unknown_subcommand_error(command, args));
    return write_all_info({}, supported, writer);
  }
  for (const Answer& answer : kAnswers) {
    if (answer.subcommand == command.spec->name) {
      return answer.write(args.subspan(2), supported, writer);
    }
  }
}

}  // namespace slotway::wire
