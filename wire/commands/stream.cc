// Rows of the commands on streams.
#include "wire/commands/rows.h"

namespace slotway::wire {

namespace {

using enum Handling;

constexpr KeySpec kXaddKey[] = {
    key_at(1, kKeyRW | kKeyUpdate, "an update, since it may trim the stream as well"),
};
constexpr KeySpec kInsertIntoSubcommandKey[] = {key_at(2, kKeyRW | kKeyInsert)};
constexpr KeySpec kDeleteInSubcommandKey[] = {key_at(2, kKeyRW | kKeyDelete)};
constexpr KeySpec kUpdateSubcommandKey[] = {key_at(2, kKeyRW | kKeyUpdate)};
constexpr KeySpec kReadSubcommandKey[] = {key_at(2, kKeyRO | kKeyAccess)};
constexpr KeySpec kXreadKeys[] = {keys_behind("STREAMS", 1, 2, kKeyRO | kKeyAccess)};
constexpr KeySpec kXreadgroupKeys[] = {keys_behind("STREAMS", 4, 2, kKeyRO | kKeyAccess)};

// A group or a consumer may be called like an option.
constexpr OptionSpec kReadOptions[] = {
    {.name = "block", .values = 1, .refused = true},
    {.name = "count", .values = 1},
    {.name = "group", .values = 2},
    {.name = "noack"},
};

// clang-format off
constexpr CommandSpec kXgroupSubcommands[] = {
    {.name = "create", .arity = -5, .flags = kWrite | kDenyOom, .acl = kAclStream,
     .keys = kInsertIntoSubcommandKey, .handling = kForward, .group = Group::kStream,
     .since = "5.0.0", .complexity = "O(1)",
     .summary = "Makes a consumer group."},
    {.name = "createconsumer", .arity = 5, .flags = kWrite | kDenyOom, .acl = kAclStream,
     .keys = kInsertIntoSubcommandKey, .handling = kForward, .group = Group::kStream,
     .since = "6.2.0", .complexity = "O(1)",
     .summary = "Makes a consumer in a group."},
    {.name = "delconsumer", .arity = 5, .flags = kWrite, .acl = kAclStream,
     .keys = kDeleteInSubcommandKey, .handling = kForward, .group = Group::kStream,
     .since = "5.0.0", .complexity = "O(1)",
     .summary = "Removes a consumer from a group."},
    {.name = "destroy", .arity = 4, .flags = kWrite, .acl = kAclStream,
     .keys = kDeleteInSubcommandKey, .handling = kForward, .group = Group::kStream,
     .since = "5.0.0", .complexity = "O(N), N pending messages of the group",
     .summary = "Removes a consumer group."},
    {.name = "help", .arity = 2, .flags = kLoading | kStale, .acl = kAclStream,
     .handling = kLocal, .group = Group::kStream,
     .since = "5.0.0", .complexity = "O(1)",
     .summary = "Lists the XGROUP subcommands."},
    {.name = "setid", .arity = -5, .flags = kWrite, .acl = kAclStream,
     .keys = kUpdateSubcommandKey, .handling = kForward, .group = Group::kStream,
     .since = "5.0.0", .complexity = "O(1)",
     .summary = "Sets the last delivered id of a group."},
};

constexpr CommandSpec kXinfoSubcommands[] = {
    {.name = "consumers", .arity = 4, .flags = kReadonly, .acl = kAclStream,
     .keys = kReadSubcommandKey, .tips = kNondeterministicOutput, .handling = kForward,
     .group = Group::kStream,
     .since = "5.0.0", .complexity = "O(1)",
     .summary = "Describes the consumers of a group."},
    {.name = "groups", .arity = 3, .flags = kReadonly, .acl = kAclStream,
     .keys = kReadSubcommandKey, .handling = kForward, .group = Group::kStream,
     .since = "5.0.0", .complexity = "O(1)",
     .summary = "Describes the consumer groups of a stream."},
    {.name = "help", .arity = 2, .flags = kLoading | kStale, .acl = kAclStream,
     .handling = kLocal, .group = Group::kStream,
     .since = "5.0.0", .complexity = "O(1)",
     .summary = "Lists the XINFO subcommands."},
    {.name = "stream", .arity = -3, .flags = kReadonly, .acl = kAclStream,
     .keys = kReadSubcommandKey, .handling = kForward, .group = Group::kStream,
     .since = "5.0.0", .complexity = "O(1)",
     .summary = "Describes a stream."},
};

constexpr CommandSpec kRows[] = {
    {.name = "xack", .arity = -4, .flags = kWrite | kFast, .acl = kAclStream, .keys = kUpdateKey,
     .handling = kForward, .group = Group::kStream,
     .since = "5.0.0", .complexity = "O(1) an id",
     .summary = "Marks messages as done for a consumer group."},
    {.name = "xadd", .arity = -5, .flags = kWrite | kDenyOom | kFast, .acl = kAclStream,
     .keys = kXaddKey, .tips = kNondeterministicOutput, .handling = kForward,
     .group = Group::kStream,
     .since = "5.0.0", .complexity = "O(1), and O(N) for N entries trimmed",
     .summary = "Appends an entry to a stream, and may trim it."},
    {.name = "xautoclaim", .arity = -6, .flags = kWrite | kFast, .acl = kAclStream,
     .keys = kDeleteInKey, .tips = kNondeterministicOutput, .handling = kForward,
     .group = Group::kStream,
     .since = "6.2.0", .complexity = "O(1) with a small COUNT",
     .summary = "Hands idle messages over to a consumer, scanning for them."},
    {.name = "xclaim", .arity = -6, .flags = kWrite | kFast, .acl = kAclStream,
     .keys = kUpdateKey, .tips = kNondeterministicOutput, .handling = kForward,
     .group = Group::kStream,
     .since = "5.0.0", .complexity = "O(log N), N pending messages of the group",
     .summary = "Hands the named pending messages over to a consumer."},
    {.name = "xdel", .arity = -3, .flags = kWrite | kFast, .acl = kAclStream,
     .keys = kDeleteInKey, .handling = kForward, .group = Group::kStream,
     .since = "5.0.0", .complexity = "O(1) an entry",
     .summary = "Removes entries from a stream."},
    {.name = "xgroup", .arity = -2, .handling = kContainer, .group = Group::kStream,
     .since = "5.0.0", .complexity = "as the subcommand",
     .summary = "Groups the commands about consumer groups.", .subcommands = kXgroupSubcommands},
    {.name = "xinfo", .arity = -2, .handling = kContainer, .group = Group::kStream,
     .since = "5.0.0", .complexity = "as the subcommand",
     .summary = "Groups the commands that describe streams.", .subcommands = kXinfoSubcommands},
    {.name = "xlen", .arity = 2, .flags = kReadonly | kFast, .acl = kAclStream,
     .keys = kInspectKey, .handling = kForward, .group = Group::kStream,
     .since = "5.0.0", .complexity = "O(1)",
     .summary = "Counts the entries of a stream."},
    {.name = "xpending", .arity = -3, .flags = kReadonly, .acl = kAclStream, .keys = kReadKey,
     .tips = kNondeterministicOutput, .handling = kForward, .group = Group::kStream,
     .since = "5.0.0",
     .complexity = "O(N), N messages given, or O(M) for M messages scanned with IDLE",
     .summary = "Lists the messages that were delivered but not acknowledged."},
    {.name = "xrange", .arity = -4, .flags = kReadonly, .acl = kAclStream, .keys = kReadKey,
     .handling = kForward, .group = Group::kStream,
     .since = "5.0.0", .complexity = "O(N), N entries given",
     .summary = "Gives the entries between two ids."},
    {.name = "xread", .arity = -4, .flags = kReadonly | kBlocking | kMovableKeys,
     .acl = kAclStream, .keys = kXreadKeys, .key_rule = KeyRule::kStreams,
     .options = kReadOptions, .first_option = 1, .handling = kForward,
     .group = Group::kStream,
     .since = "5.0.0", .complexity = "O(N) for each stream, N entries given",
     .summary = "Gives the entries of streams behind given ids, and can wait for new ones."},
    {.name = "xreadgroup", .arity = -7, .flags = kWrite | kBlocking | kMovableKeys,
     .acl = kAclStream, .keys = kXreadgroupKeys, .key_rule = KeyRule::kStreams,
     .options = kReadOptions, .first_option = 1,
     .handling = kForward, .group = Group::kStream,
     .since = "5.0.0", .complexity = "O(M) for each stream, M entries given",
     .summary = "Gives a consumer its next entries of streams, and can wait for new ones."},
    {.name = "xrevrange", .arity = -4, .flags = kReadonly, .acl = kAclStream, .keys = kReadKey,
     .handling = kForward, .group = Group::kStream,
     .since = "5.0.0", .complexity = "O(N), N entries given",
     .summary = "Gives the entries between two ids, the newest first."},
    {.name = "xsetid", .arity = -3, .flags = kWrite | kDenyOom | kFast, .acl = kAclStream,
     .keys = kUpdateKey, .handling = kForward, .group = Group::kStream,
     .since = "5.0.0", .complexity = "O(1)",
     .summary = "Sets the last id of a stream."},
    {.name = "xtrim", .arity = -4, .flags = kWrite, .acl = kAclStream, .keys = kDeleteInKey,
     .tips = kNondeterministicOutput, .handling = kForward, .group = Group::kStream,
     .since = "5.0.0", .complexity = "O(N), N entries removed",
     .summary = "Removes the oldest entries of a stream down to a limit."},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> stream_rows() { return kRows; }

}  // namespace slotway::wire
