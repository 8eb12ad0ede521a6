// Rows of the commands on strings.
#include "wire/commands/rows.h"

namespace slotway::wire {

namespace {

using enum Handling;

constexpr KeySpec kGetexKey[] = {
    key_at(1, kKeyRW | kKeyAccess | kKeyUpdate, "writes, since it may change the expiry"),
};
constexpr KeySpec kReadTwoKeys[] = {key_range(1, 1, 1, kKeyRO | kKeyAccess)};
constexpr KeySpec kMsetKeys[] = {key_range(1, -1, 2, kKeyOW | kKeyUpdate)};
constexpr KeySpec kMsetnxKeys[] = {key_range(1, -1, 2, kKeyOW | kKeyInsert)};
constexpr KeySpec kSetKey[] = {
    key_at(1, kKeyRW | kKeyAccess | kKeyUpdate | kKeyVariableFlags,
           "reads as well if GET is given"),
};
constexpr KeySpec kSetnxKey[] = {key_at(1, kKeyOW | kKeyInsert)};

// clang-format off
constexpr CommandSpec kRows[] = {
    {.name = "append", .arity = 3, .flags = kWrite | kDenyOom | kFast, .acl = kAclString,
     .keys = kInsertIntoKey, .handling = kForward, .group = Group::kString,
     .since = "2.0.0", .complexity = "O(1) amortised",
     .summary = "Adds bytes behind a string value, making the key where it is missing."},
    {.name = "decr", .arity = 2, .flags = kWrite | kDenyOom | kFast, .acl = kAclString,
     .keys = kReadAndUpdateKey, .handling = kForward, .group = Group::kString,
     .since = "1.0.0", .complexity = "O(1)",
     .summary = "Takes one off the whole number that a key holds."},
    {.name = "decrby", .arity = 3, .flags = kWrite | kDenyOom | kFast, .acl = kAclString,
     .keys = kReadAndUpdateKey, .handling = kForward, .group = Group::kString,
     .since = "1.0.0", .complexity = "O(1)",
     .summary = "Takes a given amount off the whole number that a key holds."},
    {.name = "get", .arity = 2, .flags = kReadonly | kFast, .acl = kAclString, .keys = kReadKey,
     .handling = kForward, .group = Group::kString,
     .since = "1.0.0", .complexity = "O(1)",
     .summary = "Gives the string that a key holds."},
    {.name = "getdel", .arity = 2, .flags = kWrite | kFast, .acl = kAclString,
     .keys = kTakeFromKey, .handling = kForward, .group = Group::kString,
     .since = "6.2.0", .complexity = "O(1)",
     .summary = "Gives the string that a key holds and removes the key."},
    {.name = "getex", .arity = -2, .flags = kWrite | kFast, .acl = kAclString, .keys = kGetexKey,
     .handling = kForward, .group = Group::kString,
     .since = "6.2.0", .complexity = "O(1)",
     .summary = "Gives the string that a key holds and may set or clear its expiry."},
    {.name = "getrange", .arity = 4, .flags = kReadonly, .acl = kAclString, .keys = kReadKey,
     .handling = kForward, .group = Group::kString,
     .since = "2.4.0", .complexity = "O(N), N bytes given",
     .summary = "Gives the bytes of a string between two offsets, both included."},
    {.name = "getset", .arity = 3, .flags = kWrite | kDenyOom | kFast, .acl = kAclString,
     .keys = kReadAndUpdateKey, .handling = kForward, .group = Group::kString,
     .since = "1.0.0", .complexity = "O(1)", .deprecated_since = "6.2.0",
     .replaced_by = "SET with GET",
     .summary = "Stores a new string and gives the old one."},
    {.name = "incr", .arity = 2, .flags = kWrite | kDenyOom | kFast, .acl = kAclString,
     .keys = kReadAndUpdateKey, .handling = kForward, .group = Group::kString,
     .since = "1.0.0", .complexity = "O(1)",
     .summary = "Adds one to the whole number that a key holds."},
    {.name = "incrby", .arity = 3, .flags = kWrite | kDenyOom | kFast, .acl = kAclString,
     .keys = kReadAndUpdateKey, .handling = kForward, .group = Group::kString,
     .since = "1.0.0", .complexity = "O(1)",
     .summary = "Adds a given amount to the whole number that a key holds."},
    {.name = "incrbyfloat", .arity = 3, .flags = kWrite | kDenyOom | kFast, .acl = kAclString,
     .keys = kReadAndUpdateKey, .handling = kForward, .group = Group::kString,
     .since = "2.6.0", .complexity = "O(1)",
     .summary = "Adds a floating-point amount to the number that a key holds."},
    {.name = "lcs", .arity = -3, .flags = kReadonly, .acl = kAclString, .keys = kReadTwoKeys,
     .handling = kForward, .group = Group::kString,
     .since = "7.0.0", .complexity = "O(N*M), the lengths of both strings",
     .summary = "Finds the longest common subsequence of two string values."},
    {.name = "mget", .arity = -2, .flags = kReadonly | kFast, .acl = kAclString,
     .keys = kReadKeys, .request_policy = RequestPolicy::kMultiShard, .handling = kSplit,
     .group = Group::kString,
     .since = "1.0.0", .complexity = "O(N), N keys",
     .summary = "Gives the strings of several keys, null where there is none."},
    {.name = "mset", .arity = -3, .flags = kWrite | kDenyOom, .acl = kAclString,
     .keys = kMsetKeys, .request_policy = RequestPolicy::kMultiShard,
     .response_policy = ResponsePolicy::kAllSucceeded, .handling = kSplit,
     .group = Group::kString,
     .since = "1.0.1", .complexity = "O(N), N keys",
     .summary = "Stores several keys and strings in one step."},
    {.name = "msetnx", .arity = -3, .flags = kWrite | kDenyOom, .acl = kAclString,
     .keys = kMsetnxKeys, .request_policy = RequestPolicy::kMultiShard,
     .response_policy = ResponsePolicy::kAggMin, .handling = kForward, .group = Group::kString,
     .since = "1.0.1", .complexity = "O(N), N keys",
     .summary = "Stores several keys and strings, but only if none of the keys exists."},
    {.name = "psetex", .arity = 4, .flags = kWrite | kDenyOom, .acl = kAclString,
     .keys = kOverwriteKey, .handling = kForward, .group = Group::kString,
     .since = "2.6.0", .complexity = "O(1)",
     .summary = "Stores a string that expires after a number of milliseconds."},
    {.name = "set", .arity = -3, .flags = kWrite | kDenyOom, .acl = kAclString, .keys = kSetKey,
     .key_rule = KeyRule::kSet, .handling = kForward, .group = Group::kString,
     .since = "1.0.0", .complexity = "O(1)",
     .summary = "Stores a string under a key, with conditions and an expiry if asked for."},
    {.name = "setex", .arity = 4, .flags = kWrite | kDenyOom, .acl = kAclString,
     .keys = kOverwriteKey, .handling = kForward, .group = Group::kString,
     .since = "2.0.0", .complexity = "O(1)",
     .summary = "Stores a string that expires after a number of seconds."},
    {.name = "setnx", .arity = 3, .flags = kWrite | kDenyOom | kFast, .acl = kAclString,
     .keys = kSetnxKey, .handling = kForward, .group = Group::kString,
     .since = "1.0.0", .complexity = "O(1)",
     .summary = "Stores a string if the key does not exist yet."},
    {.name = "setrange", .arity = 4, .flags = kWrite | kDenyOom, .acl = kAclString,
     .keys = kUpdateKey, .handling = kForward, .group = Group::kString,
     .since = "2.2.0", .complexity = "O(1), or O(M) for a long value of M bytes",
     .summary = "Overwrites part of a string from an offset on, padding with zero bytes."},
    {.name = "strlen", .arity = 2, .flags = kReadonly | kFast, .acl = kAclString,
     .keys = kInspectKey, .handling = kForward, .group = Group::kString,
     .since = "2.2.0", .complexity = "O(1)",
     .summary = "Gives the length of a string value in bytes."},
    {.name = "substr", .arity = 4, .flags = kReadonly, .acl = kAclString, .keys = kReadKey,
     .handling = kForward, .group = Group::kString,
     .since = "1.0.0", .complexity = "O(N), N bytes given", .deprecated_since = "2.0.0",
     .replaced_by = "GETRANGE",
     .summary = "Gives the bytes of a string between two offsets: the old name of GETRANGE."},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> string_rows() { return kRows; }

}  // namespace slotway::wire
