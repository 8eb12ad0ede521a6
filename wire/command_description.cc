#include "wire/command_description.h"

#include <algorithm>
#include <string>
#include <utility>

namespace slotway::wire {

namespace {

// The rows behind a container in the table, up to the next one that is no subcommand of it.
std::span<const Command> subcommands_of(const Command& container) {
  return all_commands().subspan(container.id + 1u, container.spec->subcommands.size());
}

std::string_view policy_name(RequestPolicy policy) {
  switch (policy) {
    case RequestPolicy::kDefault:
      return {};
    case RequestPolicy::kAllNodes:
      return "request_policy:all_nodes";
    case RequestPolicy::kAllShards:
      return "request_policy:all_shards";
    case RequestPolicy::kMultiShard:
      return "request_policy:multi_shard";
    case RequestPolicy::kSpecial:
      return "request_policy:special";
  }
  return {};
}

std::string_view policy_name(ResponsePolicy policy) {
  switch (policy) {
    case ResponsePolicy::kDefault:
      return {};
    case ResponsePolicy::kOneSucceeded:
      return "response_policy:one_succeeded";
    case ResponsePolicy::kAllSucceeded:
      return "response_policy:all_succeeded";
    case ResponsePolicy::kAggLogicalAnd:
      return "response_policy:agg_logical_and";
    case ResponsePolicy::kAggLogicalOr:
      return "response_policy:agg_logical_or";
    case ResponsePolicy::kAggMin:
      return "response_policy:agg_min";
    case ResponsePolicy::kAggMax:
      return "response_policy:agg_max";
    case ResponsePolicy::kAggSum:
      return "response_policy:agg_sum";
    case ResponsePolicy::kSpecial:
      return "response_policy:special";
  }
  return {};
}

void write_tips(const CommandSpec& spec, ReplyWriter& writer) {
  std::vector<std::string_view> tips = {
      spec.tips & kNondeterministicOutput ? "nondeterministic_output" : "",
      spec.tips & kNondeterministicOutputOrder ? "nondeterministic_output_order" : "",
      policy_name(spec.request_policy),
      policy_name(spec.response_policy),
  };
  std::erase(tips, "");
  writer.set(tips.size());
  for (const std::string_view tip : tips) writer.bulk(tip);
}

// The head of a map of two entries, whose second one, the map of `pairs` fields, the caller writes.
void open_search(std::string_view type, size_t pairs, ReplyWriter& writer) {
  writer.map(2);
  writer.bulk("type");
  writer.bulk(type);
  writer.bulk("spec");
  writer.map(pairs);
}

void write_field(std::string_view name, int64_t value, ReplyWriter& writer) {
  writer.bulk(name);
  writer.integer(value);
}

void write_begin(const KeySpec& spec, ReplyWriter& writer) {
  switch (spec.begin) {
    case KeySpec::Begin::kUnknown:
      return open_search("unknown", 0, writer);
    case KeySpec::Begin::kIndex:
      open_search("index", 1, writer);
      return write_field("index", spec.index, writer);
    case KeySpec::Begin::kKeyword:
      open_search("keyword", 2, writer);
      writer.bulk("keyword");
      writer.bulk(spec.keyword);
      return write_field("startfrom", spec.start_from, writer);
  }
}

void write_find(const KeySpec& spec, ReplyWriter& writer) {
  switch (spec.find) {
    case KeySpec::Find::kUnknown:
      return open_search("unknown", 0, writer);
    case KeySpec::Find::kRange:
      open_search("range", 3, writer);
      write_field("lastkey", spec.last_key, writer);
      write_field("keystep", spec.key_step, writer);
      return write_field("limit", spec.limit, writer);
    case KeySpec::Find::kKeyNum:
      open_search("keynum", 3, writer);
      write_field("keynumidx", spec.keynum_index, writer);
      write_field("firstkey", spec.first_key, writer);
      return write_field("keystep", spec.key_step, writer);
  }
}

void write_key_specs(std::span<const KeySpec> specs, ReplyWriter& writer) {
  writer.set(specs.size());
  for (const KeySpec& spec : specs) {
    writer.map(spec.notes.empty() ? 3 : 4);
    if (!spec.notes.empty()) {
      writer.bulk("notes");
      writer.bulk(spec.notes);
    }
    writer.bulk("flags");
    write_flags(spec.flags, key_flag_names(), "", writer);
    writer.bulk("begin_search");
    write_begin(spec, writer);
    writer.bulk("find_keys");
    write_find(spec, writer);
  }
}

}  // namespace

bool is_shown(const Command& command, const SupportedCommand& supported) {
  if (command.spec->handling != Handling::kContainer) return supported(command);
  const auto subcommands = subcommands_of(command);
  return std::any_of(subcommands.begin(), subcommands.end(), supported);
}

std::vector<const Command*> shown_subcommands(const Command& container,
                                              const SupportedCommand& supported) {
  std::vector<const Command*> shown;
  for (const Command& subcommand : subcommands_of(container)) {
    if (supported(subcommand)) shown.push_back(&subcommand);
  }
  return shown;
}

void write_flags(uint32_t flags, std::span<const FlagName> names, std::string_view prefix,
                 ReplyWriter& writer) {
  const auto is_set = [flags](const FlagName& flag) { return (flags & flag.flag) != 0; };
  writer.set(static_cast<size_t>(std::count_if(names.begin(), names.end(), is_set)));
  for (const FlagName& flag : names) {
    if (is_set(flag)) writer.simple(std::string(prefix).append(flag.name));
  }
}

void write_info(const Command* command, const SupportedCommand& supported, ReplyWriter& writer) {
  if (!command) return writer.null();
  const CommandSpec& spec = *command->spec;
  writer.array(10);
  writer.bulk(command->full_name);
  writer.integer(spec.arity);
  write_flags(spec.flags, command_flag_names(), "", writer);
  writer.integer(command->key_range.first);
  writer.integer(command->key_range.last);
  writer.integer(command->key_range.step);
  write_flags(acl_categories(spec), acl_category_names(), "@", writer);
  write_tips(spec, writer);
  write_key_specs(spec.keys, writer);
  if (!command->has_subcommands) return writer.set(0);
  const std::vector<const Command*> subcommands = shown_subcommands(*command, supported);
  writer.array(subcommands.size());
  for (const Command* subcommand : subcommands) write_info(subcommand, supported, writer);
}

void write_docs(const Command& command, const SupportedCommand& supported, ReplyWriter& writer) {
  const CommandSpec& spec = *command.spec;
  const bool deprecated = !spec.deprecated_since.empty();
  std::vector<std::pair<std::string_view, std::string_view>> fields = {
      {"summary", spec.summary}, {"since", spec.since}, {"group", group_name(spec.group)}};
  if (!spec.complexity.empty()) fields.emplace_back("complexity", spec.complexity);
  const bool doc_flags = deprecated || spec.internal;
  writer.map(fields.size() + (doc_flags ? 1 : 0) + (deprecated ? 2 : 0) +
             (command.has_subcommands ? 1 : 0));
  for (const auto& [name, value] : fields) {
    writer.bulk(name);
    writer.bulk(value);
  }
  if (doc_flags) {
    writer.bulk("doc_flags");
    writer.set((deprecated ? 1 : 0) + (spec.internal ? 1 : 0));
    if (deprecated) writer.simple("deprecated");
    if (spec.internal) writer.simple("syscmd");
  }
  if (deprecated) {
    writer.bulk("deprecated_since");
    writer.bulk(spec.deprecated_since);
    writer.bulk("replaced_by");
    writer.bulk(spec.replaced_by);
  }
  if (command.has_subcommands) {
    writer.bulk("subcommands");
    const std::vector<const Command*> subcommands = shown_subcommands(command, supported);
    writer.map(subcommands.size());
    for (const Command* subcommand : subcommands) {
      writer.bulk(subcommand->full_name);
      write_docs(*subcommand, supported, writer);
    }
  }
}

}  // namespace slotway::wire
