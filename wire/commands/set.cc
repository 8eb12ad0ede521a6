// Rows of the commands on sets.
#include "wire/commands/rows.h"

namespace slotway::wire {

namespace {

using enum Handling;

constexpr KeySpec kStoreFromKeys[] = {
    key_at(1, kKeyOW | kKeyUpdate),
    keys_from(2, kKeyRO | kKeyAccess),
};
constexpr KeySpec kSinterstoreKeys[] = {
    key_at(1, kKeyRW | kKeyUpdate),
    keys_from(2, kKeyRO | kKeyAccess),
};

// clang-format off
constexpr CommandSpec kRows[] = {
    {.name = "sadd", .arity = -3, .flags = kWrite | kDenyOom | kFast, .acl = kAclSet,
     .keys = kInsertIntoKey, .handling = kForward, .group = Group::kSet,
     .since = "1.0.0", .complexity = "O(1) a member, so O(N) for N",
     .summary = "Adds members to a set."},
    {.name = "scard", .arity = 2, .flags = kReadonly | kFast, .acl = kAclSet, .keys = kInspectKey,
     .handling = kForward, .group = Group::kSet,
     .since = "1.0.0", .complexity = "O(1)",
     .summary = "Counts the members of a set."},
    {.name = "sdiff", .arity = -2, .flags = kReadonly, .acl = kAclSet, .keys = kReadKeys,
     .tips = kNondeterministicOutputOrder, .handling = kForward, .group = Group::kSet,
     .since = "1.0.0", .complexity = "O(N), N members of all sets",
     .summary = "Gives the members of the first set that none of the others has."},
    {.name = "sdiffstore", .arity = -3, .flags = kWrite | kDenyOom, .acl = kAclSet,
     .keys = kStoreFromKeys, .handling = kForward, .group = Group::kSet,
     .since = "1.0.0", .complexity = "O(N), N members of all sets",
     .summary = "Stores the members of the first set that none of the others has."},
    {.name = "sinter", .arity = -2, .flags = kReadonly, .acl = kAclSet, .keys = kReadKeys,
     .tips = kNondeterministicOutputOrder, .handling = kForward, .group = Group::kSet,
     .since = "1.0.0", .complexity = "O(N*M), N members of the smallest of M sets",
     .summary = "Gives the members that all sets share."},
    {.name = "sintercard", .arity = -3, .flags = kReadonly | kMovableKeys, .acl = kAclSet,
     .keys = kReadCountedKeys, .handling = kForward, .group = Group::kSet,
     .since = "7.0.0", .complexity = "O(N*M), N members of the smallest of M sets",
     .summary = "Counts the members that all sets share."},
    {.name = "sinterstore", .arity = -3, .flags = kWrite | kDenyOom, .acl = kAclSet,
     .keys = kSinterstoreKeys, .handling = kForward, .group = Group::kSet,
     .since = "1.0.0", .complexity = "O(N*M), N members of the smallest of M sets",
     .summary = "Stores the members that all sets share."},
    {.name = "sismember", .arity = 3, .flags = kReadonly | kFast, .acl = kAclSet,
     .keys = kInspectKey, .handling = kForward, .group = Group::kSet,
     .since = "1.0.0", .complexity = "O(1)",
     .summary = "Tells whether a set has a member."},
    {.name = "smembers", .arity = 2, .flags = kReadonly, .acl = kAclSet, .keys = kReadKey,
     .tips = kNondeterministicOutputOrder, .handling = kForward, .group = Group::kSet,
     .since = "1.0.0", .complexity = "O(N), N members",
     .summary = "Gives all members of a set."},
    {.name = "smismember", .arity = -3, .flags = kReadonly | kFast, .acl = kAclSet,
     .keys = kReadKey, .handling = kForward, .group = Group::kSet,
     .since = "6.2.0", .complexity = "O(N), N members asked for",
     .summary = "Tells for several members whether a set has them."},
    {.name = "smove", .arity = 4, .flags = kWrite | kFast, .acl = kAclSet,
     .keys = kMoveBetweenKeys, .handling = kForward, .group = Group::kSet,
     .since = "1.0.0", .complexity = "O(1)",
     .summary = "Moves a member from one set to another."},
    {.name = "spop", .arity = -2, .flags = kWrite | kFast, .acl = kAclSet, .keys = kTakeFromKey,
     .tips = kNondeterministicOutput, .handling = kForward, .group = Group::kSet,
     .since = "1.0.0", .complexity = "O(1), or O(N) for a count of N",
     .summary = "Takes members out of a set at random."},
    {.name = "srandmember", .arity = -2, .flags = kReadonly, .acl = kAclSet, .keys = kReadKey,
     .tips = kNondeterministicOutput, .handling = kForward, .group = Group::kSet,
     .since = "1.0.0", .complexity = "O(1), or O(N) for a count of N",
     .summary = "Gives members of a set picked at random."},
    {.name = "srem", .arity = -3, .flags = kWrite | kFast, .acl = kAclSet, .keys = kDeleteInKey,
     .handling = kForward, .group = Group::kSet,
     .since = "1.0.0", .complexity = "O(N), N members",
     .summary = "Removes members from a set."},
    {.name = "sscan", .arity = -3, .flags = kReadonly, .acl = kAclSet, .keys = kReadKey,
     .tips = kNondeterministicOutput, .handling = kForward,
     .at_primary = true, .group = Group::kSet,
     .since = "2.8.0", .complexity = "O(1) a call, O(N) for all N members",
     .summary = "Walks through a set by a cursor."},
    {.name = "sunion", .arity = -2, .flags = kReadonly, .acl = kAclSet, .keys = kReadKeys,
     .tips = kNondeterministicOutputOrder, .handling = kForward, .group = Group::kSet,
     .since = "1.0.0", .complexity = "O(N), N members of all sets",
     .summary = "Gives the members of all sets."},
    {.name = "sunionstore", .arity = -3, .flags = kWrite | kDenyOom, .acl = kAclSet,
     .keys = kStoreFromKeys, .handling = kForward, .group = Group::kSet,
     .since = "1.0.0", .complexity = "O(N), N members of all sets",
     .summary = "Stores the members of all sets."},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> set_rows() { return kRows; }

}  // namespace slotway::wire
