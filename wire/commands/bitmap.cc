// Rows of the commands on strings as bitmaps and integer arrays.
#include "wire/commands/rows.h"

namespace slotway::wire {

namespace {

using enum Handling;

constexpr KeySpec kBitfieldKey[] = {
    key_at(1, kKeyRW | kKeyAccess | kKeyUpdate | kKeyVariableFlags,
           "reads, writes or both, as its operations say"),
};
constexpr KeySpec kBitopKeys[] = {
    key_at(2, kKeyOW | kKeyUpdate),
    keys_from(3, kKeyRO | kKeyAccess),
};

// clang-format off
constexpr CommandSpec kRows[] = {
    {.name = "bitcount", .arity = -2, .flags = kReadonly, .acl = kAclBitmap, .keys = kReadKey,
     .handling = kForward, .group = Group::kBitmap,
     .since = "2.6.0", .complexity = "O(N)",
     .summary = "Counts the set bits of a string, or of a part of it."},
    {.name = "bitfield", .arity = -2, .flags = kWrite | kDenyOom, .acl = kAclBitmap,
     .keys = kBitfieldKey, .key_rule = KeyRule::kBitfield, .handling = kForward,
     .group = Group::kBitmap,
     .since = "3.2.0", .complexity = "O(1) an operation",
     .summary = "Reads, sets and adds to integers of any width inside a string."},
    {.name = "bitfield_ro", .arity = -2, .flags = kReadonly | kFast, .acl = kAclBitmap,
     .keys = kReadKey, .handling = kForward, .group = Group::kBitmap,
     .since = "6.0.0", .complexity = "O(1) an operation",
     .summary = "Reads integers of any width inside a string."},
    {.name = "bitop", .arity = -4, .flags = kWrite | kDenyOom, .acl = kAclBitmap,
     .keys = kBitopKeys, .handling = kForward, .group = Group::kBitmap,
     .since = "2.6.0", .complexity = "O(N)",
     .summary = "Combines strings bit by bit and stores the result."},
    {.name = "bitpos", .arity = -3, .flags = kReadonly, .acl = kAclBitmap, .keys = kReadKey,
     .handling = kForward, .group = Group::kBitmap,
     .since = "2.8.7", .complexity = "O(N)",
     .summary = "Finds the first bit that is set, or clear."},
    {.name = "getbit", .arity = 3, .flags = kReadonly | kFast, .acl = kAclBitmap,
     .keys = kReadKey, .handling = kForward, .group = Group::kBitmap,
     .since = "2.2.0", .complexity = "O(1)",
     .summary = "Gives one bit of a string."},
    {.name = "setbit", .arity = 4, .flags = kWrite | kDenyOom, .acl = kAclBitmap,
     .keys = kReadAndUpdateKey, .handling = kForward, .group = Group::kBitmap,
     .since = "2.2.0", .complexity = "O(1)",
     .summary = "Sets or clears one bit of a string and gives the old one."},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> bitmap_rows() { return kRows; }

}  // namespace slotway::wire
