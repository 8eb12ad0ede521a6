// The names and the printing order of the command table's flags.

#include <array>

#include "wire/command_table.h"

namespace slotway::wire {

namespace {

constexpr FlagName kCommandFlags[] = {
    {kWrite, "write"},
    {kReadonly, "readonly"},
    {kDenyOom, "denyoom"},
    {kAdmin, "admin"},
    {kPubSubFlag, "pubsub"},
    {kNoScript, "noscript"},
    {kBlocking, "blocking"},
    {kLoading, "loading"},
    {kStale, "stale"},
    {kSkipMonitor, "skip_monitor"},
    {kSkipSlowlog, "skip_slowlog"},
    {kAsking, "asking"},
    {kFast, "fast"},
    {kNoAuth, "no_auth"},
    {kNoMandatoryKeys, "no_mandatory_keys"},
    {kNoAsyncLoading, "no_async_loading"},
    {kNoMulti, "no_multi"},
    {kMovableKeys, "movablekeys"},
    {kAllowBusy, "allow_busy"},
};

constexpr FlagName kAclCategories[] = {
    {kAclKeyspace, "keyspace"},
    {kAclRead, "read"},
    {kAclWrite, "write"},
    {kAclSet, "set"},
    {kAclSortedSet, "sortedset"},
    {kAclList, "list"},
    {kAclHash, "hash"},
    {kAclString, "string"},
    {kAclBitmap, "bitmap"},
    {kAclHyperLogLog, "hyperloglog"},
    {kAclGeo, "geo"},
    {kAclStream, "stream"},
    {kAclPubSub, "pubsub"},
    {kAclAdmin, "admin"},
    {kAclFast, "fast"},
    {kAclSlow, "slow"},
    {kAclBlocking, "blocking"},
    {kAclDangerous, "dangerous"},
    {kAclConnection, "connection"},
    {kAclTransaction, "transaction"},
    {kAclScripting, "scripting"},
};

constexpr FlagName kKeyFlags[] = {
    {kKeyRO, "RO"},
    {kKeyRW, "RW"},
    {kKeyOW, "OW"},
    {kKeyRM, "RM"},
    {kKeyAccess, "access"},
    {kKeyUpdate, "update"},
    {kKeyInsert, "insert"},
    {kKeyDelete, "delete"},
    {kKeyNotKey, "not_key"},
    {kKeyIncomplete, "incomplete"},
    {kKeyVariableFlags, "variable_flags"},
};

// In the order of Group.
constexpr std::array<std::string_view, 16> kGroups = {
    "bitmap",      "cluster", "connection", "generic",      "geo",    "hash",
    "hyperloglog", "list",    "pubsub",     "scripting",    "server", "set",
    "sorted-set",  "stream",  "string",     "transactions",
};
static_assert(kGroups.size() == static_cast<size_t>(Group::kTransactions) + 1);

std::string_view name_in(std::span<const FlagName> names, uint32_t flag) {
  for (const FlagName& known : names) {
    if (known.flag == flag) return known.name;
  }
  return {};
}

}  // namespace

std::string_view group_name(Group group) { return kGroups[static_cast<size_t>(group)]; }

std::string_view flag_name(CommandFlag flag) {
  return flag == kMayReplicate ? "may_replicate" : name_in(kCommandFlags, flag);
}

std::string_view acl_category_name(AclCategory category) {
  return name_in(kAclCategories, category);
}

std::string_view key_flag_name(KeyFlag flag) { return name_in(kKeyFlags, flag); }

std::span<const FlagName> command_flag_names() { return kCommandFlags; }
std::span<const FlagName> acl_category_names() { return kAclCategories; }
std::span<const FlagName> key_flag_names() { return kKeyFlags; }

}  // namespace slotway::wire
