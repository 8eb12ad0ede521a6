// Rows of the commands on HyperLogLogs.
#include "wire/commands/rows.h"

namespace slotway::wire {

namespace {

using enum Handling;

constexpr KeySpec kPfcountKeys[] = {
    keys_from(1, kKeyRW | kKeyAccess, "may store a newer estimate inside of the value"),
};
constexpr KeySpec kPfdebugKey[] = {key_at(2, kKeyRW | kKeyAccess)};
constexpr KeySpec kPfmergeKeys[] = {
    key_at(1, kKeyRW | kKeyAccess | kKeyInsert),
    keys_from(2, kKeyRO | kKeyAccess),
};

// clang-format off
constexpr CommandSpec kRows[] = {
    {.name = "pfadd", .arity = -2, .flags = kWrite | kDenyOom | kFast, .acl = kAclHyperLogLog,
     .keys = kInsertIntoKey, .handling = kForward, .group = Group::kHyperLogLog,
     .since = "2.8.9", .complexity = "O(1) an element",
     .summary = "Adds elements to a HyperLogLog."},
    {.name = "pfcount", .arity = -2, .flags = kReadonly | kMayReplicate, .acl = kAclHyperLogLog,
     .keys = kPfcountKeys, .handling = kForward, .group = Group::kHyperLogLog,
     .since = "2.8.9", .complexity = "O(1) for one key, O(N) for N keys, with a larger constant",
     .summary = "Estimates how many different elements HyperLogLogs have seen."},
    {.name = "pfdebug", .arity = 3, .flags = kWrite | kDenyOom | kAdmin, .acl = kAclHyperLogLog,
     .keys = kPfdebugKey, .handling = kRefuse, .group = Group::kHyperLogLog, .internal = true,
     .since = "2.8.9", .complexity = "N/A",
     .summary = "Shows the inside of a HyperLogLog to the server's developers."},
    {.name = "pfmerge", .arity = -2, .flags = kWrite | kDenyOom, .acl = kAclHyperLogLog,
     .keys = kPfmergeKeys, .handling = kForward, .group = Group::kHyperLogLog,
     .since = "2.8.9", .complexity = "O(N), N HyperLogLogs, with a large constant",
     .summary = "Merges HyperLogLogs into one."},
    {.name = "pfselftest", .arity = 1, .flags = kAdmin, .acl = kAclHyperLogLog,
     .handling = kRefuse, .group = Group::kHyperLogLog, .internal = true,
     .since = "2.8.9", .complexity = "N/A",
     .summary = "Runs the server's own test of HyperLogLogs."},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> hyperloglog_rows() { return kRows; }

}  // namespace slotway::wire
