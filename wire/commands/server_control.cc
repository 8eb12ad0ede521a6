// Rows of the server group: settings, modules, persistence and what empties or stops a server.
#include "wire/commands/rows.h"

namespace slotway::wire {

namespace {

using enum Handling;

constexpr SecretSpec kSettingSecrets[] = {{.kind = SecretSpec::Kind::kSettings, .from = 2}};

// clang-format off
constexpr CommandSpec kConfigSubcommands[] = {
    {.name = "get", .arity = -3, .flags = kAdmin | kNoScript | kLoading | kStale,
     .handling = kLocal, .group = Group::kServer,
     .since = "2.0.0", .complexity = "O(N), N patterns",
     .summary = "Gives the settings whose names match a pattern."},
    {.name = "help", .arity = 2, .flags = kLoading | kStale, .handling = kLocal,
     .group = Group::kServer,
     .since = "5.0.0", .complexity = "O(1)",
     .summary = "Lists the CONFIG subcommands."},
    {.name = "resetstat", .arity = 2, .flags = kAdmin | kNoScript | kLoading | kStale,
     .handling = kLocal, .group = Group::kServer,
     .since = "2.0.0", .complexity = "O(1)",
     .summary = "Sets the counters of INFO back to zero."},
    {.name = "rewrite", .arity = 2, .flags = kAdmin | kNoScript | kLoading | kStale,
     .handling = kBroadcast, .group = Group::kServer,
     .since = "2.8.0", .complexity = "O(1)",
     .summary = "Writes the running settings into the configuration file."},
    {.name = "set", .arity = -4, .flags = kAdmin | kNoScript | kLoading | kStale,
     .secrets = kSettingSecrets,
     .request_policy = RequestPolicy::kAllNodes, .response_policy = ResponsePolicy::kAllSucceeded,
     .handling = kLocal, .group = Group::kServer,
     .since = "2.0.0", .complexity = "O(N), N settings",
     .summary = "Changes settings of the running server."},
};

constexpr CommandSpec kModuleSubcommands[] = {
    {.name = "help", .arity = 2, .flags = kLoading | kStale, .handling = kLocal,
     .group = Group::kServer,
     .since = "5.0.0", .complexity = "O(1)",
     .summary = "Lists the MODULE subcommands."},
    {.name = "list", .arity = 2, .flags = kAdmin | kNoScript,
     .tips = kNondeterministicOutputOrder, .handling = kLocal, .group = Group::kServer,
     .since = "4.0.0", .complexity = "O(N), N modules",
     .summary = "Lists the loaded modules."},
    {.name = "load", .arity = -3, .flags = kAdmin | kNoScript | kNoAsyncLoading,
     .handling = kRefuse, .group = Group::kServer,
     .since = "4.0.0", .complexity = "O(1)",
     .summary = "Loads a module from a file."},
    {.name = "loadex", .arity = -3, .flags = kAdmin | kNoScript | kNoAsyncLoading,
     .handling = kRefuse, .group = Group::kServer,
     .since = "7.0.0", .complexity = "O(1)",
     .summary = "Loads a module from a file, with settings of its own."},
    {.name = "unload", .arity = 3, .flags = kAdmin | kNoScript | kNoAsyncLoading,
     .handling = kRefuse, .group = Group::kServer,
     .since = "4.0.0", .complexity = "O(1)",
     .summary = "Unloads a module."},
};

constexpr CommandSpec kRows[] = {
    {.name = "bgrewriteaof", .arity = 1, .flags = kAdmin | kNoScript | kNoAsyncLoading,
     .handling = kLocal, .group = Group::kServer,
     .since = "1.0.0", .complexity = "O(1)",
     .summary = "Starts to rewrite the append-only file in the background."},
    {.name = "bgsave", .arity = -1, .flags = kAdmin | kNoScript | kNoAsyncLoading,
     .handling = kLocal, .group = Group::kServer,
     .since = "1.0.0", .complexity = "O(1)",
     .summary = "Starts to write a snapshot in the background."},
    {.name = "config", .arity = -2, .handling = kContainer, .group = Group::kServer,
     .since = "2.0.0", .complexity = "as the subcommand",
     .summary = "Groups the commands about the settings of the server.",
     .subcommands = kConfigSubcommands},
    {.name = "flushall", .arity = -1, .flags = kWrite, .acl = kAclKeyspace | kAclDangerous,
     .request_policy = RequestPolicy::kAllShards,
     .response_policy = ResponsePolicy::kAllSucceeded, .handling = kBroadcast,
     .group = Group::kServer,
     .since = "1.0.0", .complexity = "O(N), N keys",
     .summary = "Removes every key of every database."},
    {.name = "flushdb", .arity = -1, .flags = kWrite, .acl = kAclKeyspace | kAclDangerous,
     .request_policy = RequestPolicy::kAllShards,
     .response_policy = ResponsePolicy::kAllSucceeded, .handling = kBroadcast,
     .group = Group::kServer,
     .since = "1.0.0", .complexity = "O(N), N keys",
     .summary = "Removes every key of the database."},
    {.name = "module", .arity = -2, .handling = kContainer, .group = Group::kServer,
     .since = "4.0.0", .complexity = "as the subcommand",
     .summary = "Groups the commands about loaded modules.", .subcommands = kModuleSubcommands},
    {.name = "save", .arity = 1, .flags = kAdmin | kNoScript | kNoAsyncLoading | kNoMulti,
     .handling = kLocal, .group = Group::kServer,
     .since = "1.0.0", .complexity = "O(N), N keys",
     .summary = "Writes a snapshot while everybody waits."},
    {.name = "shutdown", .arity = -1,
     .flags = kAdmin | kNoScript | kLoading | kStale | kNoMulti | kAllowBusy, .handling = kRefuse,
     .group = Group::kServer,
     .since = "1.0.0", .complexity = "O(N) when it saves N keys, O(1) otherwise",
     .summary = "Saves if asked to and stops the server."},
    {.name = "swapdb", .arity = 3, .flags = kWrite | kFast, .acl = kAclKeyspace | kAclDangerous,
     .handling = kBroadcast, .group = Group::kServer,
     .since = "4.0.0", .complexity = "O(N), N clients that watch or wait in them",
     .summary = "Exchanges the contents of two databases."},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> server_control_rows() { return kRows; }

}  // namespace slotway::wire
