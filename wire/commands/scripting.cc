// Rows of the commands on Lua scripts and function libraries.
#include "wire/commands/rows.h"

namespace slotway::wire {

namespace {

using enum Handling;
constexpr InMulti kAtOneShard = InMulti::kAtOneShard;

constexpr KeySpec kCodeWritesKeys[] = {
    counted_keys(2, kKeyRW | kKeyAccess | kKeyUpdate,
                 "what the code does with its keys is not known: taken as read and written"),
};
constexpr KeySpec kCodeReadsKeys[] = {
    counted_keys(2, kKeyRO | kKeyAccess,
                 "what the code does with its keys is not known: taken as read"),
};
constexpr KeySpec kEvalshaWritesKeys[] = {counted_keys(2, kKeyRW | kKeyAccess | kKeyUpdate)};
constexpr KeySpec kEvalshaReadsKeys[] = {counted_keys(2, kKeyRO | kKeyAccess)};

// clang-format off
constexpr CommandSpec kFunctionSubcommands[] = {
    {.name = "delete", .arity = 3, .flags = kWrite | kNoScript, .acl = kAclScripting,
     .request_policy = RequestPolicy::kAllShards,
     .response_policy = ResponsePolicy::kAllSucceeded, .handling = kBroadcast,
     .group = Group::kScripting,
     .since = "7.0.0", .complexity = "O(1)",
     .summary = "Removes a library and its functions."},
    {.name = "dump", .arity = 2, .flags = kNoScript, .acl = kAclScripting, .handling = kLocal,
     .in_multi = kAtOneShard, .group = Group::kScripting,
     .since = "7.0.0", .complexity = "O(N), N functions",
     .summary = "Gives all libraries in serialised form."},
    {.name = "flush", .arity = -2, .flags = kWrite | kNoScript, .acl = kAclScripting,
     .request_policy = RequestPolicy::kAllShards,
     .response_policy = ResponsePolicy::kAllSucceeded, .handling = kBroadcast,
     .group = Group::kScripting,
     .since = "7.0.0", .complexity = "O(N), N functions",
     .summary = "Removes all libraries."},
    {.name = "help", .arity = 2, .flags = kLoading | kStale, .acl = kAclScripting,
     .handling = kLocal, .group = Group::kScripting,
     .since = "7.0.0", .complexity = "O(1)",
     .summary = "Lists the FUNCTION subcommands."},
    {.name = "kill", .arity = 2, .flags = kNoScript | kAllowBusy, .acl = kAclScripting,
     .request_policy = RequestPolicy::kAllShards,
     .response_policy = ResponsePolicy::kOneSucceeded, .handling = kLocal, .in_multi = kAtOneShard,
     .group = Group::kScripting,
     .since = "7.0.0", .complexity = "O(1)",
     .summary = "Stops a running function that has not written yet."},
    {.name = "list", .arity = -2, .flags = kNoScript, .acl = kAclScripting,
     .tips = kNondeterministicOutputOrder, .handling = kLocal, .in_multi = kAtOneShard,
     .group = Group::kScripting,
     .since = "7.0.0", .complexity = "O(N), N functions",
     .summary = "Lists the libraries and their functions."},
    {.name = "load", .arity = -3, .flags = kWrite | kDenyOom | kNoScript, .acl = kAclScripting,
     .request_policy = RequestPolicy::kAllShards,
     .response_policy = ResponsePolicy::kAllSucceeded, .handling = kBroadcast,
     .group = Group::kScripting,
     .since = "7.0.0", .complexity = "O(1), compiling aside",
     .summary = "Loads a library from its source text."},
    {.name = "restore", .arity = -3, .flags = kWrite | kDenyOom | kNoScript, .acl = kAclScripting,
     .request_policy = RequestPolicy::kAllShards,
     .response_policy = ResponsePolicy::kAllSucceeded, .handling = kBroadcast,
     .group = Group::kScripting,
     .since = "7.0.0", .complexity = "O(N), N functions",
     .summary = "Loads the libraries of a dump."},
    {.name = "stats", .arity = 2, .flags = kNoScript | kAllowBusy, .acl = kAclScripting,
     .tips = kNondeterministicOutput, .request_policy = RequestPolicy::kAllShards,
     .response_policy = ResponsePolicy::kSpecial, .handling = kLocal, .in_multi = kAtOneShard,
     .group = Group::kScripting,
     .since = "7.0.0", .complexity = "O(1)",
     .summary = "Tells which function is running, and counts libraries."},
};

constexpr CommandSpec kScriptSubcommands[] = {
    {.name = "debug", .arity = 3, .flags = kNoScript, .acl = kAclScripting, .handling = kRefuse,
     .group = Group::kScripting,
     .since = "3.2.0", .complexity = "O(1)",
     .summary = "Chooses how the next EVAL is debugged."},
    {.name = "exists", .arity = -3, .flags = kNoScript, .acl = kAclScripting,
     .request_policy = RequestPolicy::kAllShards,
     .response_policy = ResponsePolicy::kAggLogicalAnd, .handling = kLocal, .in_multi = kAtOneShard,
     .group = Group::kScripting,
     .since = "2.6.0", .complexity = "O(N), N scripts",
     .summary = "Tells which scripts are in the cache."},
    {.name = "flush", .arity = -2, .flags = kNoScript, .acl = kAclScripting,
     .request_policy = RequestPolicy::kAllNodes, .response_policy = ResponsePolicy::kAllSucceeded,
     .handling = kLocal, .in_multi = kAtOneShard, .script = ScriptRole::kFlush,
     .group = Group::kScripting,
     .since = "2.6.0", .complexity = "O(N), N scripts",
     .summary = "Empties the script cache."},
    {.name = "help", .arity = 2, .flags = kLoading | kStale, .acl = kAclScripting,
     .handling = kLocal, .group = Group::kScripting,
     .since = "5.0.0", .complexity = "O(1)",
     .summary = "Lists the SCRIPT subcommands."},
    {.name = "kill", .arity = 2, .flags = kNoScript | kAllowBusy, .acl = kAclScripting,
     .request_policy = RequestPolicy::kAllShards,
     .response_policy = ResponsePolicy::kOneSucceeded, .handling = kLocal, .in_multi = kAtOneShard,
     .group = Group::kScripting,
     .since = "2.6.0", .complexity = "O(1)",
     .summary = "Stops a running script that has not written yet."},
    {.name = "load", .arity = 3, .flags = kNoScript | kStale, .acl = kAclScripting,
     .request_policy = RequestPolicy::kAllNodes, .response_policy = ResponsePolicy::kAllSucceeded,
     .handling = kLocal, .in_multi = kAtOneShard, .script = ScriptRole::kText,
     .group = Group::kScripting,
     .since = "2.6.0", .complexity = "O(N), N bytes of the script",
     .summary = "Puts a script into the cache and gives its SHA-1."},
};

constexpr CommandSpec kRows[] = {
    {.name = "eval", .arity = -3,
     .flags = kNoScript | kStale | kSkipMonitor | kNoMandatoryKeys | kMovableKeys | kMayReplicate,
     .acl = kAclScripting, .keys = kCodeWritesKeys, .handling = kScript,
     .script = ScriptRole::kText, .group = Group::kScripting,
     .since = "2.6.0", .complexity = "as the script",
     .summary = "Runs a Lua script."},
    {.name = "eval_ro", .arity = -3,
     .flags = kReadonly | kNoScript | kStale | kSkipMonitor | kNoMandatoryKeys | kMovableKeys,
     .acl = kAclScripting, .keys = kCodeReadsKeys, .handling = kScript,
     .at_primary = true, .script = ScriptRole::kText, .group = Group::kScripting,
     .since = "7.0.0", .complexity = "as the script",
     .summary = "Runs a Lua script that may not write."},
    {.name = "evalsha", .arity = -3,
     .flags = kNoScript | kStale | kSkipMonitor | kNoMandatoryKeys | kMovableKeys | kMayReplicate,
     .acl = kAclScripting, .keys = kEvalshaWritesKeys, .handling = kScript,
     .script = ScriptRole::kDigest, .group = Group::kScripting,
     .since = "2.6.0", .complexity = "as the script",
     .summary = "Runs a cached Lua script, named by its SHA-1."},
    {.name = "evalsha_ro", .arity = -3,
     .flags = kReadonly | kNoScript | kStale | kSkipMonitor | kNoMandatoryKeys | kMovableKeys,
     .acl = kAclScripting, .keys = kEvalshaReadsKeys, .handling = kScript,
     .at_primary = true, .script = ScriptRole::kDigest, .group = Group::kScripting,
     .since = "7.0.0", .complexity = "as the script",
     .summary = "Runs a cached Lua script that may not write, named by its SHA-1."},
    {.name = "fcall", .arity = -3,
     .flags = kNoScript | kStale | kSkipMonitor | kNoMandatoryKeys | kMovableKeys | kMayReplicate,
     .acl = kAclScripting, .keys = kCodeWritesKeys, .handling = kScript,
     .script = ScriptRole::kFunction, .group = Group::kScripting,
     .since = "7.0.0", .complexity = "as the function",
     .summary = "Calls a function of a loaded library."},
    {.name = "fcall_ro", .arity = -3,
     .flags = kReadonly | kNoScript | kStale | kSkipMonitor | kNoMandatoryKeys | kMovableKeys,
     .acl = kAclScripting, .keys = kCodeReadsKeys, .handling = kScript,
     .script = ScriptRole::kFunction, .group = Group::kScripting,
     .since = "7.0.0", .complexity = "as the function",
     .summary = "Calls a function of a loaded library that may not write."},
    {.name = "function", .arity = -2, .handling = kContainer, .group = Group::kScripting,
     .since = "7.0.0", .complexity = "as the subcommand",
     .summary = "Groups the commands about function libraries.",
     .subcommands = kFunctionSubcommands},
    {.name = "script", .arity = -2, .handling = kContainer, .group = Group::kScripting,
     .since = "2.6.0", .complexity = "as the subcommand",
     .summary = "Groups the commands about Lua scripts.", .subcommands = kScriptSubcommands},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> scripting_rows() { return kRows; }

}  // namespace slotway::wire
