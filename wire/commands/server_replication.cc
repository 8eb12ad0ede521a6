// Rows of the server group: what primaries and replicas say to each other.
#include "wire/commands/rows.h"

namespace slotway::wire {

namespace {

using enum Handling;

// clang-format off
constexpr CommandSpec kRows[] = {
    {.name = "failover", .arity = -1, .flags = kAdmin | kNoScript | kStale, .handling = kRefuse,
     .group = Group::kServer,
     .since = "6.2.0", .complexity = "O(1)",
     .summary = "Hands the primary's part over to one of its replicas."},
    {.name = "psync", .arity = -3, .flags = kAdmin | kNoScript | kNoAsyncLoading | kNoMulti,
     .handling = kRefuse, .group = Group::kServer,
     .since = "2.8.0",
     .summary = "Starts or continues a replication stream."},
    {.name = "replconf", .arity = -1,
     .flags = kAdmin | kNoScript | kLoading | kStale | kAllowBusy, .handling = kRefuse,
     .group = Group::kServer, .internal = true,
     .since = "3.0.0", .complexity = "O(1)",
     .summary = "Carries settings and progress between a replica and its primary."},
    {.name = "replicaof", .arity = 3, .flags = kAdmin | kNoScript | kStale | kNoAsyncLoading,
     .handling = kRefuse, .group = Group::kServer,
     .since = "5.0.0", .complexity = "O(1)",
     .summary = "Makes the server a replica of another, or a primary again."},
    {.name = "restore-asking", .arity = -4, .flags = kWrite | kDenyOom | kAsking,
     .acl = kAclKeyspace | kAclDangerous, .keys = kOverwriteKey, .handling = kRefuse,
     .group = Group::kServer, .internal = true,
     .since = "3.0.0",
     .complexity = "O(1) to make the key, then O(N*M), N objects of mean size M",
     .summary = "Does what RESTORE does while its slot is being imported."},
    {.name = "role", .arity = 1, .flags = kNoScript | kLoading | kStale | kFast,
     .acl = kAclAdmin | kAclDangerous, .handling = kRefuse, .group = Group::kServer,
     .since = "2.8.12", .complexity = "O(1)",
     .summary = "Tells the server's part in replication."},
    {.name = "slaveof", .arity = 3, .flags = kAdmin | kNoScript | kStale | kNoAsyncLoading,
     .handling = kRefuse, .group = Group::kServer,
     .since = "1.0.0", .complexity = "O(1)", .deprecated_since = "5.0.0",
     .replaced_by = "REPLICAOF",
     .summary = "Makes the server a replica of another: the old name of REPLICAOF."},
    {.name = "sync", .arity = 1, .flags = kAdmin | kNoScript | kNoAsyncLoading | kNoMulti,
     .handling = kRefuse, .group = Group::kServer,
     .since = "1.0.0",
     .summary = "Starts a full replication stream, as the oldest replicas ask for it."},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> server_replication_rows() { return kRows; }

}  // namespace slotway::wire
