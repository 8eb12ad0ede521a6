// Rows of the commands on hashes.
#include "wire/commands/rows.h"

namespace slotway::wire {

namespace {

using enum Handling;

// clang-format off
constexpr CommandSpec kRows[] = {
    {.name = "hdel", .arity = -3, .flags = kWrite | kFast, .acl = kAclHash, .keys = kDeleteInKey,
     .handling = kForward, .group = Group::kHash,
     .since = "2.0.0", .complexity = "O(N), N fields",
     .summary = "Removes fields from a hash."},
    {.name = "hexists", .arity = 3, .flags = kReadonly | kFast, .acl = kAclHash,
     .keys = kInspectKey, .handling = kForward, .group = Group::kHash,
     .since = "2.0.0", .complexity = "O(1)",
     .summary = "Tells whether a hash has a field."},
    {.name = "hget", .arity = 3, .flags = kReadonly | kFast, .acl = kAclHash, .keys = kReadKey,
     .handling = kForward, .group = Group::kHash,
     .since = "2.0.0", .complexity = "O(1)",
     .summary = "Gives the value of one field."},
    {.name = "hgetall", .arity = 2, .flags = kReadonly, .acl = kAclHash, .keys = kReadKey,
     .tips = kNondeterministicOutputOrder, .handling = kForward, .group = Group::kHash,
     .since = "2.0.0", .complexity = "O(N), N fields",
     .summary = "Gives all fields and values of a hash."},
    {.name = "hincrby", .arity = 4, .flags = kWrite | kDenyOom | kFast, .acl = kAclHash,
     .keys = kReadAndUpdateKey, .handling = kForward, .group = Group::kHash,
     .since = "2.0.0", .complexity = "O(1)",
     .summary = "Adds a whole number to the value of a field."},
    {.name = "hincrbyfloat", .arity = 4, .flags = kWrite | kDenyOom | kFast, .acl = kAclHash,
     .keys = kReadAndUpdateKey, .handling = kForward, .group = Group::kHash,
     .since = "2.6.0", .complexity = "O(1)",
     .summary = "Adds a floating-point number to the value of a field."},
    {.name = "hkeys", .arity = 2, .flags = kReadonly, .acl = kAclHash, .keys = kReadKey,
     .tips = kNondeterministicOutputOrder, .handling = kForward, .group = Group::kHash,
     .since = "2.0.0", .complexity = "O(N), N fields",
     .summary = "Gives all fields of a hash."},
    {.name = "hlen", .arity = 2, .flags = kReadonly | kFast, .acl = kAclHash, .keys = kInspectKey,
     .handling = kForward, .group = Group::kHash,
     .since = "2.0.0", .complexity = "O(1)",
     .summary = "Counts the fields of a hash."},
    {.name = "hmget", .arity = -3, .flags = kReadonly | kFast, .acl = kAclHash, .keys = kReadKey,
     .handling = kForward, .group = Group::kHash,
     .since = "2.0.0", .complexity = "O(N), N fields",
     .summary = "Gives the values of several fields."},
    {.name = "hmset", .arity = -4, .flags = kWrite | kDenyOom | kFast, .acl = kAclHash,
     .keys = kUpdateKey, .handling = kForward, .group = Group::kHash,
     .since = "2.0.0", .complexity = "O(N), N fields", .deprecated_since = "4.0.0",
     .replaced_by = "HSET, which takes several fields",
     .summary = "Sets several fields: the old form of HSET."},
    {.name = "hrandfield", .arity = -2, .flags = kReadonly, .acl = kAclHash, .keys = kReadKey,
     .tips = kNondeterministicOutput, .handling = kForward, .group = Group::kHash,
     .since = "6.2.0", .complexity = "O(N), N fields given",
     .summary = "Gives fields of a hash picked at random."},
    {.name = "hscan", .arity = -3, .flags = kReadonly, .acl = kAclHash, .keys = kReadKey,
     .tips = kNondeterministicOutput, .handling = kForward,
     .at_primary = true, .group = Group::kHash,
     .since = "2.8.0", .complexity = "O(1) a call, O(N) for all N fields",
     .summary = "Walks through a hash by a cursor."},
    {.name = "hset", .arity = -4, .flags = kWrite | kDenyOom | kFast, .acl = kAclHash,
     .keys = kUpdateKey, .handling = kForward, .group = Group::kHash,
     .since = "2.0.0", .complexity = "O(1) a field, so O(N) for N",
     .summary = "Sets fields of a hash, making it where it is missing."},
    {.name = "hsetnx", .arity = 4, .flags = kWrite | kDenyOom | kFast, .acl = kAclHash,
     .keys = kInsertIntoKey, .handling = kForward, .group = Group::kHash,
     .since = "2.0.0", .complexity = "O(1)",
     .summary = "Sets a field that the hash does not have yet."},
    {.name = "hstrlen", .arity = 3, .flags = kReadonly | kFast, .acl = kAclHash,
     .keys = kInspectKey, .handling = kForward, .group = Group::kHash,
     .since = "3.2.0", .complexity = "O(1)",
     .summary = "Gives the length of a field's value in bytes."},
    {.name = "hvals", .arity = 2, .flags = kReadonly, .acl = kAclHash, .keys = kReadKey,
     .tips = kNondeterministicOutputOrder, .handling = kForward, .group = Group::kHash,
     .since = "2.0.0", .complexity = "O(N), N fields",
     .summary = "Gives all values of a hash."},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> hash_rows() { return kRows; }

}  // namespace slotway::wire
