// Rows of the commands on keys of any type.
#include "wire/commands/rows.h"

namespace slotway::wire {

namespace {

using enum Handling;

constexpr KeySpec kCopyKeys[] = {key_at(1, kKeyRO | kKeyAccess), key_at(2, kKeyOW | kKeyUpdate)};
constexpr KeySpec kRemoveKeys[] = {keys_from(1, kKeyRM | kKeyDelete)};
constexpr KeySpec kMigrateKeys[] = {
    key_at(3, kKeyRW | kKeyAccess | kKeyDelete),
    keys_behind("KEYS", -2, 0, kKeyRW | kKeyAccess | kKeyDelete | kKeyIncomplete),
};
constexpr KeySpec kRenameKeys[] = {
    key_at(1, kKeyRW | kKeyAccess | kKeyDelete),
    key_at(2, kKeyOW | kKeyUpdate),
};
constexpr KeySpec kRenamenxKeys[] = {
    key_at(1, kKeyRW | kKeyAccess | kKeyDelete),
    key_at(2, kKeyOW | kKeyInsert),
};
constexpr KeySpec kSortKeys[] = {
    key_at(1, kKeyRO | kKeyAccess),
    unknown_keys(kKeyRO | kKeyAccess,
                 "BY and GET name keys by patterns, so they depend on what is sorted"),
    unknown_keys(kKeyOW | kKeyUpdate, "STORE may stand anywhere among the options"),
};
constexpr KeySpec kSortRoKeys[] = {
    key_at(1, kKeyRO | kKeyAccess),
    unknown_keys(kKeyRO | kKeyAccess,
                 "BY and GET name keys by patterns, so they depend on what is sorted"),
};

// Patterns would name keys of other shards.
constexpr OptionSpec kSortOptions[] = {
    {.name = "asc"},
    {.name = "desc"},
    {.name = "alpha"},
    {.name = "limit", .values = 2},
    {.name = "store", .values = 1},
    {.name = "by", .values = 1, .refused = true, .allowed = "nosort"},
    {.name = "get", .values = 1, .refused = true, .allowed = "#"},
};
// Through the proxy there is but one database.
constexpr OptionSpec kMigrateOptions[] = {
    {.name = "auth", .values = 1},
    {.name = "auth2", .values = 2},
};
constexpr SecretSpec kMigrateSecrets[] = {
    {.kind = SecretSpec::Kind::kOption, .from = 6, .option = "auth", .values = 1},
    {.kind = SecretSpec::Kind::kOption, .from = 6, .option = "auth2", .values = 2},
};

// clang-format off
constexpr CommandSpec kObjectSubcommands[] = {
    {.name = "encoding", .arity = 3, .flags = kReadonly, .acl = kAclKeyspace,
     .keys = kInspectSubcommandKey, .tips = kNondeterministicOutput, .handling = kForward,
     .group = Group::kGeneric,
     .since = "2.2.3", .complexity = "O(1)",
     .summary = "Names the internal encoding of a value."},
    {.name = "freq", .arity = 3, .flags = kReadonly, .acl = kAclKeyspace,
     .keys = kInspectSubcommandKey, .tips = kNondeterministicOutput, .handling = kForward,
     .at_primary = true, .group = Group::kGeneric,
     .since = "4.0.0", .complexity = "O(1)",
     .summary = "Gives the logarithmic access count of a key, under an LFU policy."},
    {.name = "help", .arity = 2, .flags = kLoading | kStale, .acl = kAclKeyspace,
     .handling = kLocal, .group = Group::kGeneric,
     .since = "6.2.0", .complexity = "O(1)",
     .summary = "Lists the OBJECT subcommands."},
    {.name = "idletime", .arity = 3, .flags = kReadonly, .acl = kAclKeyspace,
     .keys = kInspectSubcommandKey, .tips = kNondeterministicOutput, .handling = kForward,
     .at_primary = true, .group = Group::kGeneric,
     .since = "2.2.3", .complexity = "O(1)",
     .summary = "Tells for how many seconds a key has not been used."},
    {.name = "refcount", .arity = 3, .flags = kReadonly, .acl = kAclKeyspace,
     .keys = kInspectSubcommandKey, .tips = kNondeterministicOutput, .handling = kForward,
     .group = Group::kGeneric,
     .since = "2.2.3", .complexity = "O(1)",
     .summary = "Gives the number of references to a value."},
};

constexpr CommandSpec kRows[] = {
    {.name = "copy", .arity = -3, .flags = kWrite | kDenyOom, .acl = kAclKeyspace,
     .keys = kCopyKeys, .handling = kForward, .group = Group::kGeneric,
     .since = "6.2.0", .complexity = "O(N) for a collection of N elements, O(1) for a string",
     .summary = "Copies the value of one key to another."},
    {.name = "del", .arity = -2, .flags = kWrite, .acl = kAclKeyspace, .keys = kRemoveKeys,
     .request_policy = RequestPolicy::kMultiShard, .response_policy = ResponsePolicy::kAggSum,
     .handling = kSplit, .group = Group::kGeneric,
     .since = "1.0.0",
     .complexity = "O(N), N keys, each with O(M) for a collection of M elements",
     .summary = "Removes keys."},
    {.name = "dump", .arity = 2, .flags = kReadonly, .acl = kAclKeyspace, .keys = kReadKey,
     .tips = kNondeterministicOutput, .handling = kForward, .group = Group::kGeneric,
     .since = "2.6.0",
     .complexity = "O(1) to find the key, then O(N*M), N objects of mean size M",
     .summary = "Gives a key's value in the serialised form that RESTORE reads."},
    {.name = "exists", .arity = -2, .flags = kReadonly | kFast, .acl = kAclKeyspace,
     .keys = kInspectKeys, .request_policy = RequestPolicy::kMultiShard,
     .response_policy = ResponsePolicy::kAggSum, .handling = kSplit, .group = Group::kGeneric,
     .since = "1.0.0", .complexity = "O(N), N keys",
     .summary = "Counts how many of the keys exist."},
    {.name = "expire", .arity = -3, .flags = kWrite | kFast, .acl = kAclKeyspace,
     .keys = kUpdateKey, .handling = kForward, .group = Group::kGeneric,
     .since = "1.0.0", .complexity = "O(1)",
     .summary = "Lets a key expire after a number of seconds."},
    {.name = "expireat", .arity = -3, .flags = kWrite | kFast, .acl = kAclKeyspace,
     .keys = kUpdateKey, .handling = kForward, .group = Group::kGeneric,
     .since = "1.2.0", .complexity = "O(1)",
     .summary = "Lets a key expire at a Unix time in seconds."},
    {.name = "expiretime", .arity = 2, .flags = kReadonly | kFast, .acl = kAclKeyspace,
     .keys = kReadKey, .handling = kForward, .group = Group::kGeneric,
     .since = "7.0.0", .complexity = "O(1)",
     .summary = "Tells when a key expires, as a Unix time in seconds."},
    {.name = "keys", .arity = 2, .flags = kReadonly, .acl = kAclKeyspace | kAclDangerous,
     .tips = kNondeterministicOutputOrder, .request_policy = RequestPolicy::kAllShards,
     .handling = kBroadcast, .group = Group::kGeneric,
     .since = "1.0.0", .complexity = "O(N), N keys in the database",
     .summary = "Lists every key that matches a pattern."},
    {.name = "migrate", .arity = -6, .flags = kWrite | kMovableKeys,
     .acl = kAclKeyspace | kAclDangerous, .keys = kMigrateKeys, .key_rule = KeyRule::kMigrate,
     .options = kMigrateOptions, .first_option = 6, .secrets = kMigrateSecrets,
     .tips = kNondeterministicOutput, .handling = kRefuse, .group = Group::kGeneric,
     .since = "2.6.0", .complexity = "O(N) for the transfer, besides DUMP, DEL and RESTORE",
     .summary = "Moves keys to another server in one atomic step."},
    {.name = "move", .arity = 3, .flags = kWrite | kFast, .acl = kAclKeyspace,
     .keys = kReadAndUpdateKey, .handling = kForward, .group = Group::kGeneric,
     .since = "1.0.0", .complexity = "O(1)",
     .summary = "Moves a key to another database."},
    {.name = "object", .arity = -2, .handling = kContainer, .group = Group::kGeneric,
     .since = "2.2.3", .complexity = "as the subcommand",
     .summary = "Groups the commands that look inside a value's representation.",
     .subcommands = kObjectSubcommands},
    {.name = "persist", .arity = 2, .flags = kWrite | kFast, .acl = kAclKeyspace,
     .keys = kUpdateKey, .handling = kForward, .group = Group::kGeneric,
     .since = "2.2.0", .complexity = "O(1)",
     .summary = "Takes the expiry off a key."},
    {.name = "pexpire", .arity = -3, .flags = kWrite | kFast, .acl = kAclKeyspace,
     .keys = kUpdateKey, .handling = kForward, .group = Group::kGeneric,
     .since = "2.6.0", .complexity = "O(1)",
     .summary = "Lets a key expire after a number of milliseconds."},
    {.name = "pexpireat", .arity = -3, .flags = kWrite | kFast, .acl = kAclKeyspace,
     .keys = kUpdateKey, .handling = kForward, .group = Group::kGeneric,
     .since = "2.6.0", .complexity = "O(1)",
     .summary = "Lets a key expire at a Unix time in milliseconds."},
    {.name = "pexpiretime", .arity = 2, .flags = kReadonly | kFast, .acl = kAclKeyspace,
     .keys = kReadKey, .handling = kForward, .group = Group::kGeneric,
     .since = "7.0.0", .complexity = "O(1)",
     .summary = "Tells when a key expires, as a Unix time in milliseconds."},
    {.name = "pttl", .arity = 2, .flags = kReadonly | kFast, .acl = kAclKeyspace,
     .keys = kReadKey, .tips = kNondeterministicOutput, .handling = kForward,
     .group = Group::kGeneric,
     .since = "2.6.0", .complexity = "O(1)",
     .summary = "Tells how many milliseconds a key has left."},
    {.name = "randomkey", .arity = 1, .flags = kReadonly, .acl = kAclKeyspace,
     .tips = kNondeterministicOutput, .request_policy = RequestPolicy::kAllShards,
     .handling = kBroadcast, .group = Group::kGeneric,
     .since = "1.0.0", .complexity = "O(1)",
     .summary = "Gives any one key of the database."},
    {.name = "rename", .arity = 3, .flags = kWrite, .acl = kAclKeyspace, .keys = kRenameKeys,
     .handling = kForward, .group = Group::kGeneric,
     .since = "1.0.0", .complexity = "O(1)",
     .summary = "Gives a key a new name, replacing what had that name."},
    {.name = "renamenx", .arity = 3, .flags = kWrite | kFast, .acl = kAclKeyspace,
     .keys = kRenamenxKeys, .handling = kForward, .group = Group::kGeneric,
     .since = "1.0.0", .complexity = "O(1)",
     .summary = "Gives a key a new name that must be free."},
    {.name = "restore", .arity = -4, .flags = kWrite | kDenyOom,
     .acl = kAclKeyspace | kAclDangerous, .keys = kOverwriteKey, .handling = kForward,
     .group = Group::kGeneric,
     .since = "2.6.0",
     .complexity = "O(1) to make the key, then O(N*M), N objects of mean size M",
     .summary = "Makes a key from a serialised value."},
    {.name = "scan", .arity = -2, .flags = kReadonly, .acl = kAclKeyspace,
     .tips = kNondeterministicOutput, .request_policy = RequestPolicy::kSpecial,
     .handling = kBroadcast, .group = Group::kGeneric,
     .since = "2.8.0", .complexity = "O(1) a call, O(N) for all N keys",
     .summary = "Walks through the keys of the database by a cursor."},
    {.name = "sort", .arity = -2, .flags = kWrite | kDenyOom | kMovableKeys,
     .acl = kAclSet | kAclSortedSet | kAclList | kAclDangerous, .keys = kSortKeys,
     .key_rule = KeyRule::kSort, .options = kSortOptions, .first_option = 2,
     .handling = kForward, .group = Group::kGeneric,
     .since = "1.0.0", .complexity = "O(N+M*log(M)), N elements sorted, M given",
     .summary = "Sorts the elements of a list, set or sorted set, and may store the result."},
    {.name = "sort_ro", .arity = -2, .flags = kReadonly | kMovableKeys,
     .acl = kAclSet | kAclSortedSet | kAclList | kAclDangerous, .keys = kSortRoKeys,
     .key_rule = KeyRule::kFirstArgument, .options = kSortOptions, .first_option = 2,
     .handling = kForward, .group = Group::kGeneric,
     .since = "7.0.0", .complexity = "O(N+M*log(M)), N elements sorted, M given",
     .summary = "Sorts the elements of a list, set or sorted set, without storing."},
    {.name = "touch", .arity = -2, .flags = kReadonly | kFast, .acl = kAclKeyspace,
     .keys = kInspectKeys, .request_policy = RequestPolicy::kMultiShard,
     .response_policy = ResponsePolicy::kAggSum, .handling = kSplit,
     .at_primary = true, .group = Group::kGeneric,
     .since = "3.2.1", .complexity = "O(N), N keys",
     .summary = "Marks keys as just used and counts those that exist."},
    {.name = "ttl", .arity = 2, .flags = kReadonly | kFast, .acl = kAclKeyspace, .keys = kReadKey,
     .tips = kNondeterministicOutput, .handling = kForward, .group = Group::kGeneric,
     .since = "1.0.0", .complexity = "O(1)",
     .summary = "Tells how many seconds a key has left."},
    {.name = "type", .arity = 2, .flags = kReadonly | kFast, .acl = kAclKeyspace,
     .keys = kInspectKey, .handling = kForward, .group = Group::kGeneric,
     .since = "1.0.0", .complexity = "O(1)",
     .summary = "Names the type of a key's value."},
    {.name = "unlink", .arity = -2, .flags = kWrite | kFast, .acl = kAclKeyspace,
     .keys = kRemoveKeys, .request_policy = RequestPolicy::kMultiShard,
     .response_policy = ResponsePolicy::kAggSum, .handling = kSplit, .group = Group::kGeneric,
     .since = "4.0.0", .complexity = "O(1) a key, then O(N) in the background, N allocations",
     .summary = "Removes keys at once and frees their memory in the background."},
    {.name = "wait", .arity = 3, .flags = kNoScript, .acl = kAclConnection,
     .request_policy = RequestPolicy::kAllShards, .response_policy = ResponsePolicy::kAggMin,
     .handling = kLocal, .in_multi = InMulti::kAtShard, .group = Group::kGeneric,
     .since = "3.0.0", .complexity = "O(1)",
     .summary = "Waits until enough replicas have confirmed the writes of this connection."},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> generic_rows() { return kRows; }

}  // namespace slotway::wire
