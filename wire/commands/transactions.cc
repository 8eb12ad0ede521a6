// Rows of the commands around MULTI.
#include "wire/commands/rows.h"

namespace slotway::wire {

namespace {

using enum Handling;

// clang-format off
constexpr CommandSpec kRows[] = {
    {.name = "discard", .arity = 1, .flags = kNoScript | kLoading | kStale | kFast | kAllowBusy,
     .acl = kAclTransaction, .handling = kLocal, .in_multi = InMulti::kAtOnce, .group = Group::kTransactions,
     .since = "2.0.0", .complexity = "O(N), N queued commands",
     .summary = "Drops the commands queued since MULTI."},
    {.name = "exec", .arity = 1, .flags = kNoScript | kLoading | kStale | kSkipSlowlog,
     .acl = kAclTransaction, .handling = kLocal, .in_multi = InMulti::kAtOnce, .ends_multi = true, .group = Group::kTransactions,
     .since = "1.2.0", .complexity = "as the queued commands",
     .summary = "Runs the commands queued since MULTI."},
    {.name = "multi", .arity = 1, .flags = kNoScript | kLoading | kStale | kFast | kAllowBusy,
     .acl = kAclTransaction, .handling = kLocal, .in_multi = InMulti::kAtOnce, .group = Group::kTransactions,
     .since = "1.2.0", .complexity = "O(1)",
     .summary = "Starts to queue commands for one atomic run."},
    {.name = "unwatch", .arity = 1, .flags = kNoScript | kLoading | kStale | kFast | kAllowBusy,
     .acl = kAclTransaction, .handling = kLocal, .in_multi = InMulti::kAtShard, .group = Group::kTransactions,
     .since = "2.2.0", .complexity = "O(1)",
     .summary = "Stops to watch all keys."},
    {.name = "watch", .arity = -2, .flags = kNoScript | kLoading | kStale | kFast | kAllowBusy,
     .acl = kAclTransaction, .keys = kInspectKeys, .handling = kLocal,
     .in_multi = InMulti::kAtOnce, .group = Group::kTransactions,
     .since = "2.2.0", .complexity = "O(1) a key",
     .summary = "Makes the next EXEC fail if one of the keys changes before it."},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> transactions_rows() { return kRows; }

}  // namespace slotway::wire
