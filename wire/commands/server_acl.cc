// Rows of the server group: users and their rights.
#include "wire/commands/rows.h"

namespace slotway::wire {

namespace {

using enum Handling;

constexpr SecretSpec kUserSecrets[] = {{.kind = SecretSpec::Kind::kRest, .from = 2}};

// clang-format off
constexpr CommandSpec kAclSubcommands[] = {
    {.name = "cat", .arity = -2, .flags = kNoScript | kLoading | kStale, .handling = kRefuse,
     .group = Group::kServer,
     .since = "6.0.0", .complexity = "O(1)",
     .summary = "Lists the command categories, or the commands of one."},
    {.name = "deluser", .arity = -3, .flags = kAdmin | kNoScript | kLoading | kStale,
     .handling = kRefuse, .group = Group::kServer,
     .since = "6.0.0", .complexity = "O(1) amortised",
     .summary = "Removes users and closes their connections."},
    {.name = "dryrun", .arity = -4, .flags = kAdmin | kNoScript | kLoading | kStale,
     .handling = kRefuse, .group = Group::kServer,
     .since = "7.0.0", .complexity = "O(1)",
     .summary = "Tells whether a user may run a command, without running it."},
    {.name = "genpass", .arity = -2, .flags = kNoScript | kLoading | kStale, .handling = kRefuse,
     .group = Group::kServer,
     .since = "6.0.0", .complexity = "O(1)",
     .summary = "Makes up a password from strong random bits."},
    {.name = "getuser", .arity = 3, .flags = kAdmin | kNoScript | kLoading | kStale,
     .handling = kRefuse, .group = Group::kServer,
     .since = "6.0.0", .complexity = "O(N), N rules of the user",
     .summary = "Gives the rules of one user."},
    {.name = "help", .arity = 2, .flags = kLoading | kStale, .handling = kRefuse,
     .group = Group::kServer,
     .since = "6.0.0", .complexity = "O(1)",
     .summary = "Lists the ACL subcommands."},
    {.name = "list", .arity = 2, .flags = kAdmin | kNoScript | kLoading | kStale,
     .handling = kRefuse, .group = Group::kServer,
     .since = "6.0.0", .complexity = "O(N), N users",
     .summary = "Lists all users as lines of an ACL file."},
    {.name = "load", .arity = 2, .flags = kAdmin | kNoScript | kLoading | kStale,
     .handling = kRefuse, .group = Group::kServer,
     .since = "6.0.0", .complexity = "O(N), N users",
     .summary = "Reads the ACL file again."},
    {.name = "log", .arity = -2, .flags = kAdmin | kNoScript | kLoading | kStale,
     .handling = kRefuse, .group = Group::kServer,
     .since = "6.0.0", .complexity = "O(N), N entries",
     .summary = "Lists the last commands and logins that were denied."},
    {.name = "save", .arity = 2, .flags = kAdmin | kNoScript | kLoading | kStale,
     .handling = kRefuse, .group = Group::kServer,
     .since = "6.0.0", .complexity = "O(N), N users",
     .summary = "Writes the users to the ACL file."},
    {.name = "setuser", .arity = -3, .flags = kAdmin | kNoScript | kLoading | kStale,
     .secrets = kUserSecrets,
     .handling = kRefuse, .group = Group::kServer,
     .since = "6.0.0", .complexity = "O(N), N rules",
     .summary = "Makes a user or changes its rules."},
    {.name = "users", .arity = 2, .flags = kAdmin | kNoScript | kLoading | kStale,
     .handling = kRefuse, .group = Group::kServer,
     .since = "6.0.0", .complexity = "O(N), N users",
     .summary = "Lists the names of all users."},
    {.name = "whoami", .arity = 2, .flags = kNoScript | kLoading | kStale, .handling = kLocal,
     .group = Group::kServer,
     .since = "6.0.0", .complexity = "O(1)",
     .summary = "Names the user of this connection."},
};

constexpr CommandSpec kRows[] = {
    {.name = "acl", .arity = -2, .handling = kContainer, .group = Group::kServer,
     .since = "6.0.0", .complexity = "as the subcommand",
     .summary = "Groups the commands about users and their rights.",
     .subcommands = kAclSubcommands},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> server_acl_rows() { return kRows; }

}  // namespace slotway::wire
