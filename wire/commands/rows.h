// What the row files of wire/commands/ share: short ways to write key specifications, and the
// specifications that several groups use. Only the row files and command_table.cc include it.
#pragma once

#include <span>

#include "wire/command.h"

namespace slotway::wire {

// One key, argument `index`.
constexpr KeySpec key_at(int32_t index, uint32_t flags, std::string_view notes = {}) {
  return {.flags = flags,
          .begin = KeySpec::Begin::kIndex,
          .index = index,
          .find = KeySpec::Find::kRange,
          .notes = notes};
}

// Every `step`-th argument from `index` on; `last` is -1 for the last argument, -2 for the last but
// one.
constexpr KeySpec key_range(int32_t index, int32_t last, int32_t step, uint32_t flags) {
  KeySpec spec = key_at(index, flags);
  spec.last_key = last;
  spec.key_step = step;
  return spec;
}

// Every argument from `index` on.
constexpr KeySpec keys_from(int32_t index, uint32_t flags, std::string_view notes = {}) {
  KeySpec spec = key_range(index, -1, 1, flags);
  spec.notes = notes;
  return spec;
}

// As many keys as argument `index` says, right behind it.
constexpr KeySpec counted_keys(int32_t index, uint32_t flags, std::string_view notes = {}) {
  return {.flags = flags,
          .begin = KeySpec::Begin::kIndex,
          .index = index,
          .find = KeySpec::Find::kKeyNum,
          .first_key = 1,
          .notes = notes};
}

// One key behind the word `keyword`, which is looked for from argument `start_from` on.
constexpr KeySpec key_behind(std::string_view keyword, int32_t start_from, uint32_t flags) {
  return {.flags = flags,
          .begin = KeySpec::Begin::kKeyword,
          .keyword = keyword,
          .start_from = start_from,
          .find = KeySpec::Find::kRange};
}

// The arguments behind the word `keyword`, or, with a `limit` of 2, the first half of them.
constexpr KeySpec keys_behind(std::string_view keyword, int32_t start_from, int32_t limit,
                              uint32_t flags) {
  KeySpec spec = key_behind(keyword, start_from, flags);
  spec.last_key = -1;
  spec.limit = limit;
  return spec;
}

// Keys at places that no specification can tell.
constexpr KeySpec unknown_keys(uint32_t flags, std::string_view notes) {
  return {.flags = flags, .notes = notes};
}

inline constexpr KeySpec kDeleteInKey[] = {key_at(1, kKeyRW | kKeyDelete)};
inline constexpr KeySpec kInsertIntoKey[] = {key_at(1, kKeyRW | kKeyInsert)};
inline constexpr KeySpec kInspectKey[] = {key_at(1, kKeyRO)};
inline constexpr KeySpec kInspectKeys[] = {keys_from(1, kKeyRO)};
inline constexpr KeySpec kInspectSubcommandKey[] = {key_at(2, kKeyRO)};
inline constexpr KeySpec kMoveBetweenKeys[] = {
    key_at(1, kKeyRW | kKeyAccess | kKeyDelete),
    key_at(2, kKeyRW | kKeyInsert),
};
inline constexpr KeySpec kOverwriteKey[] = {key_at(1, kKeyOW | kKeyUpdate)};
inline constexpr KeySpec kReadAndUpdateKey[] = {key_at(1, kKeyRW | kKeyAccess | kKeyUpdate)};
inline constexpr KeySpec kReadCountedKeys[] = {counted_keys(1, kKeyRO | kKeyAccess)};
inline constexpr KeySpec kReadKey[] = {key_at(1, kKeyRO | kKeyAccess)};
inline constexpr KeySpec kReadKeys[] = {keys_from(1, kKeyRO | kKeyAccess)};
inline constexpr KeySpec kStoreFromKey[] = {
    key_at(1, kKeyOW | kKeyUpdate),
    key_at(2, kKeyRO | kKeyAccess),
};
inline constexpr KeySpec kTakeFromCountedKeys[] = {
    counted_keys(1, kKeyRW | kKeyAccess | kKeyDelete),
};
inline constexpr KeySpec kTakeFromKey[] = {key_at(1, kKeyRW | kKeyAccess | kKeyDelete)};
inline constexpr KeySpec kTakeFromKeysThenTimeout[] = {
    key_range(1, -2, 1, kKeyRW | kKeyAccess | kKeyDelete),
};
inline constexpr KeySpec kTimeoutThenTakeFromCountedKeys[] = {
    counted_keys(2, kKeyRW | kKeyAccess | kKeyDelete),
};
inline constexpr KeySpec kUpdateKey[] = {key_at(1, kKeyRW | kKeyUpdate)};

// The rows of each file, containers with their subcommands.
std::span<const CommandSpec> bitmap_rows();
std::span<const CommandSpec> cluster_rows();
std::span<const CommandSpec> connection_rows();
std::span<const CommandSpec> generic_rows();
std::span<const CommandSpec> geo_rows();
std::span<const CommandSpec> hash_rows();
std::span<const CommandSpec> hyperloglog_rows();
std::span<const CommandSpec> list_rows();
std::span<const CommandSpec> pubsub_rows();
std::span<const CommandSpec> scripting_rows();
std::span<const CommandSpec> server_acl_rows();
std::span<const CommandSpec> server_control_rows();
std::span<const CommandSpec> server_inspection_rows();
std::span<const CommandSpec> server_replication_rows();
std::span<const CommandSpec> set_rows();
std::span<const CommandSpec> sorted_set_rows();
std::span<const CommandSpec> stream_rows();
std::span<const CommandSpec> string_rows();
std::span<const CommandSpec> transactions_rows();

}  // namespace slotway::wire
