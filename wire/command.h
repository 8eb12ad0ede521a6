// One row of the command table: everything that any part of Slotway knows about a command.
//
// The rows stand in wire/commands/, one file for each command group, and are the only list of
// commands in the program: the router, the store's dispatcher, the COMMAND replies, the fuzzers'
// vocabulary and the documentation read them. Names, arities, flags and key specifications follow
// Redis 7.0 ("Command key specifications" and "Command tips" in its documentation); a test holds
// each row against the COMMAND reply of a redis-server 7.0.15.
// Rows are constant data: any thread may read them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace slotway::wire {

enum class Group : uint8_t {
  kBitmap,
  kCluster,
  kConnection,
  kGeneric,
  kGeo,
  kHash,
  kHyperLogLog,
  kList,
  kPubSub,
  kScripting,
  kServer,
  kSet,
  kSortedSet,
  kStream,
  kString,
  kTransactions,
};

// Command flags, with the meaning and the names that COMMAND gives them.
enum CommandFlag : uint32_t {
  kWrite = 1u << 0,
  kReadonly = 1u << 1,
  kDenyOom = 1u << 2,
  kAdmin = 1u << 3,
  kPubSubFlag = 1u << 4,
  kNoScript = 1u << 5,
  kBlocking = 1u << 6,
  kLoading = 1u << 7,
  kStale = 1u << 8,
  kSkipMonitor = 1u << 9,
  kSkipSlowlog = 1u << 10,
  kAsking = 1u << 11,
  kFast = 1u << 12,
  kNoAuth = 1u << 13,
  kMayReplicate = 1u << 14,
  kNoMulti = 1u << 15,
  kMovableKeys = 1u << 16,
  kAllowBusy = 1u << 17,
  kNoAsyncLoading = 1u << 18,
  kNoMandatoryKeys = 1u << 19,
};

// ACL categories beyond those that follow from the flags and the group.
enum AclCategory : uint32_t {
  kAclKeyspace = 1u << 0,
  kAclRead = 1u << 1,
  kAclWrite = 1u << 2,
  kAclSet = 1u << 3,
  kAclSortedSet = 1u << 4,
  kAclList = 1u << 5,
  kAclHash = 1u << 6,
  kAclString = 1u << 7,
  kAclBitmap = 1u << 8,
  kAclHyperLogLog = 1u << 9,
  kAclGeo = 1u << 10,
  kAclStream = 1u << 11,
  kAclPubSub = 1u << 12,
  kAclAdmin = 1u << 13,
  kAclFast = 1u << 14,
  kAclSlow = 1u << 15,
  kAclBlocking = 1u << 16,
  kAclDangerous = 1u << 17,
  kAclConnection = 1u << 18,
  kAclTransaction = 1u << 19,
  kAclScripting = 1u << 20,
};

// What a command does with the keys of one key specification.
enum KeyFlag : uint32_t {
  kKeyRO = 1u << 0,
  kKeyRW = 1u << 1,
  kKeyOW = 1u << 2,
  kKeyRM = 1u << 3,
  kKeyAccess = 1u << 4,
  kKeyUpdate = 1u << 5,
  kKeyInsert = 1u << 6,
  kKeyDelete = 1u << 7,
  kKeyNotKey = 1u << 8,      // routed by like a key, but it is a channel
  kKeyIncomplete = 1u << 9,  // the specification may miss keys: see key_extraction.h
  kKeyVariableFlags = 1u << 10,
};

// Where keys stand among the arguments: first a begin search, then a way to find the keys from
// there. Indices count from the command name, which is argument 0.
struct KeySpec {
  enum class Begin : uint8_t { kUnknown, kIndex, kKeyword };
  enum class Find : uint8_t { kUnknown, kRange, kKeyNum };

  uint32_t flags = 0;
  Begin begin = Begin::kUnknown;
  int32_t index = 0;              // kIndex: the position
  std::string_view keyword = {};  // kKeyword: the word to look for
  int32_t start_from = 0;         // kKeyword: where to start; negative counts from the end
  Find find = Find::kUnknown;
  int32_t last_key = 0;      // kRange: relative to the begin; negative counts from the end
  int32_t key_step = 1;      // kRange, kKeyNum
  int32_t limit = 0;         // kRange with last_key -1: 2 is half of the rest, ...; 0 and 1: all
  int32_t keynum_index = 0;  // kKeyNum: where the count stands, relative to the begin
  int32_t first_key = 0;     // kKeyNum: where the keys start, relative to the begin
  std::string_view notes = {};
};

// A word among the arguments of a command, with the values that follow it.
struct OptionSpec {
  std::string_view name;  // lower case
  int32_t values = 0;
  // The proxy cannot carry it out as it is, or it makes a command of the flag kBlocking block,
  bool refused = false;
  std::string_view allowed = {};  // unless its value is this one, in lower case
};

// Arguments that those who read logs must not see: see secret_arguments.h.
struct SecretSpec {
  enum class Kind : uint8_t {
    kRest,      // all from `from` on
    kOption,    // the `values` arguments behind each word `option` that stands at `from` or later
    kSettings,  // of pairs of a name and a value from `from` on, the values of secret settings
  };
  Kind kind = Kind::kRest;
  int32_t from = 1;
  std::string_view option = {};  // lower case
  int32_t values = 0;
};

// How the keys of a command are found; see key_extraction.h.
enum class KeyRule : uint8_t {
  kSpecs,          // the key specifications say all
  kFirstArgument,  // argument 1 alone
  kSet,            // the specifications; the key is read as well if GET is among the options
  kBitfield,       // the specifications; the key is only read if no operation writes
  kSort,           // argument 1 and what follows the last STORE option
  kMigrate,        // argument 3, or what follows the KEYS option
  kStreams,        // the first half of what follows the STREAMS option
};

enum class RequestPolicy : uint8_t { kDefault, kAllNodes, kAllShards, kMultiShard, kSpecial };
enum class ResponsePolicy : uint8_t {
  kDefault,
  kOneSucceeded,
  kAllSucceeded,
  kAggLogicalAnd,
  kAggLogicalOr,
  kAggMin,
  kAggMax,
  kAggSum,
  kSpecial,
};

enum TipFlag : uint8_t {
  kNondeterministicOutput = 1u << 0,
  kNondeterministicOutputOrder = 1u << 1,
};

// What the proxy does with a command.
enum class Handling : uint8_t {
  kForward,    // to the shard that owns the slot of its keys
  kScript,     // the same; it runs code that the shard may not know, or that takes long
  kSplit,      // over the shards of its keys; the replies are merged in the keys' order
  kBroadcast,  // to every shard; the replies are merged by the response policy
  kLocal,      // the proxy answers
  kRefuse,     // not supported by the proxy (yet): a clear error
  kContainer,  // its subcommands say
};

// What the proxy does with a command behind MULTI.
enum class InMulti : uint8_t {
  kByHandling,  // queues it, for the shard of its keys or for the proxy, which may have all do it
  kAtOnce,      // the same as elsewhere
  kAtShard,     // queues it: a shard answers the same as the proxy
  kAtOneShard,  // queues it if the pool has one shard; refuses it otherwise
  kBoth,        // queues it for the shard and for the proxy: it is about what comes behind it
  kNever,       // refuses it: it is about the replies, who asks, or what comes behind it
};

// What the first argument of a command (behind its subcommand) is to the proxy's copies of scripts.
enum class ScriptRole : uint8_t {
  kNone,
  kText,      // a Lua script
  kDigest,    // the SHA-1 of one
  kFunction,  // the name of a function
  kFlush,     // how all are to be forgotten
};

struct CommandSpec {
  std::string_view name = {};  // lower case; of a subcommand without its container
  // Number of arguments, the name included (a subcommand counts both words); -n is "n or more".
  int32_t arity = 0;
  uint32_t flags = 0;  // CommandFlag
  uint32_t acl = 0;    // AclCategory: only the ones that the flags do not imply
  std::span<const KeySpec> keys = {};
  KeyRule key_rule = KeyRule::kSpecs;
  // Only of commands whose options matter for their keys, or to the proxy.
  std::span<const OptionSpec> options = {};
  int32_t first_option = 0;  // where options may begin
  std::span<const SecretSpec> secrets = {};
  uint8_t tips = 0;          // TipFlag
  RequestPolicy request_policy = RequestPolicy::kDefault;
  ResponsePolicy response_policy = ResponsePolicy::kDefault;
  Handling handling = Handling::kRefuse;
  InMulti in_multi = InMulti::kByHandling;
  bool ends_multi = false;  // even when it is refused
  // Of commands that only read: never asked of a replica. Its answer depends on more than the data
  // (a cursor on the server's memory, a script on what it was sent), or it is to change what the
  // primary knows of the key's use.
  bool at_primary = false;
  bool null_arrays = false;  // what it does not find is a null array in RESP2
  // May be given by a client of RESP2 that has subscribed to something.
  bool while_subscribed = false;
  ScriptRole script = ScriptRole::kNone;

  Group group = Group::kGeneric;
  bool internal = false;                   // between servers, or for their developers
  std::string_view since = {};             // the Redis version that brought it
  std::string_view complexity = {};        // Redis's notation, then what its letters are
  std::string_view deprecated_since = {};  // a Redis version; empty: current
  std::string_view replaced_by = {};       // what to use instead of a deprecated command
  std::string_view summary = {};           // one sentence

  std::span<const CommandSpec> subcommands = {};
};

}  // namespace slotway::wire
