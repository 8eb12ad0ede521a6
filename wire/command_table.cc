#include "wire/command_table.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "wire/commands/rows.h"
#include "wire/key_extraction.h"

namespace slotway::wire {

namespace {

constexpr std::span<const CommandSpec> (*kRowFiles[])() = {
    bitmap_rows,
    cluster_rows,
    connection_rows,
    generic_rows,
    geo_rows,
    hash_rows,
    hyperloglog_rows,
    list_rows,
    pubsub_rows,
    scripting_rows,
    server_acl_rows,
    server_control_rows,
    server_inspection_rows,
    server_replication_rows,
    set_rows,
    sorted_set_rows,
    stream_rows,
    string_rows,
    transactions_rows,
};

constexpr uint64_t repeat(uint8_t byte) { return 0x0101010101010101u * byte; }

// The ASCII capitals among eight characters as small letters; everything else stays.
uint64_t fold_case(uint64_t word) {
  const uint64_t low_bits = word & repeat(0x7f);
  const uint64_t from_a = low_bits + repeat(0x80 - 'A');
  const uint64_t beyond_z = low_bits + repeat(0x7f - 'Z');
  const uint64_t capital = (from_a ^ beyond_z) & ~word & repeat(0x80);
  return word | (capital >> 2);
}

template <typename Word>
uint64_t load(const char* bytes) {
  Word word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// `size` characters, at most 8, in one word; zeros behind them. Overlapping loads, so that nothing
// outside of them is read.
uint64_t load_word(const char* bytes, size_t size) {
  if (size == 8) return load<uint64_t>(bytes);
  if (size >= 4) {
    return load<uint32_t>(bytes) | load<uint32_t>(bytes + size - 4) << (size - 4) * 8;
  }
  if (size == 0) return 0;
  return load<uint8_t>(bytes) | load<uint8_t>(bytes + size / 2) << size / 2 * 8 |
         load<uint8_t>(bytes + size - 1) << (size - 1) * 8;
}

// A name in lower case, packed into three words, its size, and the container whose subcommand it
// names. The size is part of it, since a name that ends in zeros must not equal one without them.
struct PackedName {
  static constexpr size_t kMaxSize = 24;  // bytes

  uint64_t words[3] = {};
  uint64_t size_and_scope = 0;  // scope 0: a command; the container's id + 1

  PackedName() = default;
  // Requires name.size() <= kMaxSize.
  PackedName(std::string_view name, uint32_t scope)
      : size_and_scope(name.size() | uint64_t{scope} << 8) {
    const char* const bytes = name.data();
    const size_t size = name.size();
    words[0] = fold_case(load_word(bytes, std::min<size_t>(size, 8)));
    if (size <= 8) return;  // most names: the further words are 0 then
    words[1] = fold_case(load_word(bytes + 8, std::min<size_t>(size - 8, 8)));
    if (size > 16) words[2] = fold_case(load_word(bytes + 16, size - 16));
  }

  bool operator==(const PackedName&) const = default;

  // Fibonacci hashing of the first word; names that share it nearly always differ in size.
  size_t hash() const { return (words[0] + size_and_scope) * 0x9e3779b97f4a7c15u >> 54; }
};

bool is_cacheable(const Command& command) {
  const CommandSpec& spec = *command.spec;
  return spec.handling == Handling::kForward && spec.flags & kReadonly &&
         !(spec.flags & kBlocking) && !(spec.tips & kNondeterministicOutput) && !spec.at_primary &&
         command.plain_keys && command.key_range.first == 1 && command.key_range.last == 1;
}

bool names_others(const CommandSpec& spec) {
  if (spec.handling == Handling::kScript) return true;
  if (spec.keys.empty()) return spec.flags & kWrite;
  return spec.key_rule == KeyRule::kSort;
}

bool names_keys(const CommandSpec& spec) {
  return names_others(spec) || std::ranges::any_of(spec.keys, [](const KeySpec& keys) {
           return !(keys.flags & kKeyNotKey);
         });
}

// All rows, and an open-addressing index of their names.
class Table {
 public:
  Table() {
    size_t count = 0;
    for (const auto rows : kRowFiles) {
      for (const CommandSpec& spec : rows()) count += 1 + spec.subcommands.size();
    }
    commands_.reserve(count);  // `container` points into it
    for (const auto rows : kRowFiles) {
      for (const CommandSpec& spec : rows()) {
        const Command& command = add(spec, nullptr);
        for (const CommandSpec& subcommand : spec.subcommands) add(subcommand, &command);
      }
    }
  }

  const Command* find(std::string_view name, uint32_t scope) const {
    if (name.size() > PackedName::kMaxSize) return nullptr;
    const PackedName packed(name, scope);
    for (size_t i = packed.hash();; i = (i + 1) % kCells) {
      if (cells_[i].name == packed) return cells_[i].command;
      if (!cells_[i].command) return nullptr;
    }
  }

  std::span<const Command> commands() const { return commands_; }

 private:
  static constexpr size_t kCells = 1024;  // as many as hash() gives; a third used: short probes

  struct Cell {
    PackedName name;
    const Command* command = nullptr;
  };

  const Command& add(const CommandSpec& spec, const Command* container) {
    Command& command = commands_.emplace_back();
    command.spec = &spec;
    command.container = container;
    command.id = static_cast<CommandId>(commands_.size() - 1);
    command.has_subcommands = !spec.subcommands.empty();
    command.key_range = key_range_of(spec);
    command.plain_keys = has_plain_keys(spec);
    command.cacheable = is_cacheable(command);
    command.names_keys = names_keys(spec);
    command.names_others = names_others(spec);
    if (container) command.full_name = container->full_name + "|";
    command.full_name += spec.name;

    const PackedName packed(spec.name, container ? container->id + 1u : 0);
    size_t i = packed.hash();
    while (cells_[i].command) i = (i + 1) % kCells;
    cells_[i] = {packed, &command};
    return command;
  }

  std::vector<Command> commands_;
  std::array<Cell, kCells> cells_;
};

const Table& table() {
  static const Table instance;
  return instance;
}

}  // namespace

const Command* find_command(std::string_view name) { return table().find(name, 0); }

const Command* find_command(Args args) {
  const Table& all = table();
  const Command* command = all.find(args[0], 0);
  if (!command || !command->has_subcommands || args.size() == 1) return command;
  const Command* subcommand = all.find(args[1], command->id + 1u);
  return subcommand ? subcommand : command;
}

std::span<const Command> all_commands() { return table().commands(); }
size_t command_count() { return table().commands().size(); }

uint32_t acl_categories(const CommandSpec& spec) {
  uint32_t categories = spec.acl;
  if (spec.flags & kWrite) categories |= kAclWrite;
  // A script that only reads is no read command: it runs code.
  if ((spec.flags & kReadonly) && !(spec.acl & kAclScripting)) categories |= kAclRead;
  if (spec.flags & kAdmin) categories |= kAclAdmin | kAclDangerous;
  if (spec.flags & kPubSubFlag) categories |= kAclPubSub;
  if (spec.flags & kBlocking) categories |= kAclBlocking;
  if (spec.flags & kFast) categories |= kAclFast;
  if (!(categories & kAclFast)) categories |= kAclSlow;
  return categories;
}

}  // namespace slotway::wire
