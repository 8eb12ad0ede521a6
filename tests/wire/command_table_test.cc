#include "wire/command_table.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <string>

#include "tests/support/redis_server.h"
#include "tests/support/resp_client.h"
#include "wire/key_extraction.h"

namespace slotway::wire {

using tests::RespValue;

namespace {

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string mixed(std::string text) {
  for (size_t i = 0; i < text.size(); i += 2) {
    text[i] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[i])));
  }
  return text;
}

// The row called `name` below `container`, looked for in the plainest way.
const Command* search(std::string name, const Command* container) {
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  for (const Command& command : all_commands()) {
    if (command.container == container && command.spec->name == name) return &command;
  }
  return nullptr;
}

const Command* find_below(const std::string& name, const Command* container) {
  if (!container) return find_command(name);
  const std::string_view args[] = {container->full_name, name};
  const Command* found = find_command(Args(args));
  return found == container ? nullptr : found;
}

// `name` changed a little in many ways.
std::vector<std::string> near_misses(const std::string& name) {
  std::vector<std::string> changed;
  for (size_t i = 0; i < name.size(); ++i) {
    changed.push_back(name.substr(0, i) + name.substr(i + 1));
    changed.push_back(name.substr(0, i) + name[i] + name.substr(i));
    for (const int bit : {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80}) {
      changed.push_back(name);
      changed.back()[i] = static_cast<char>(name[i] ^ bit);
    }
  }
  for (const char c : {'\0', ' ', '\r', '\n', 's', '|', '_'}) {
    changed.push_back(name + c);
    changed.push_back(c + name);
  }
  changed.push_back(name + std::string(24 - std::min<size_t>(name.size(), 24), '\0'));
  changed.push_back(name + std::string(1 << 20, 'x'));
  return changed;
}

std::set<std::string> names_of(uint32_t flags, std::span<const FlagName> names,
                               const std::string& prefix = "") {
  std::set<std::string> set;
  for (const FlagName& flag : names) {
    if (flags & flag.flag) set.insert(prefix + std::string(flag.name));
  }
  return set;
}

std::set<std::string> set_of(const RespValue& value) {
  const auto texts = value.texts();
  return {texts.begin(), texts.end()};
}

// What a redis-server 7.0.15 says about its commands, subcommands included.
std::map<std::string, RespValue> server_rows() {
  tests::RedisServer server;
  tests::RespClient client(server.port());
  std::map<std::string, RespValue> rows;
  for (const RespValue& row : client.call({"COMMAND"}).items) {
    for (const RespValue& subcommand : row.items[9].items) {
      rows[subcommand.items[0].text] = subcommand;
    }
    rows[row.items[0].text] = row;
  }
  return rows;
}

// What Redis 7.0 does not have: newer clients send the first when they connect, the others are
// Slotway's own.
const std::set<std::string> kAdditions = {"client|setinfo", "hotkeys",     "hotkeys|get",
                                          "hotkeys|help",   "hotkeys|pin", "hotkeys|reset",
                                          "hotkeys|unpin"};

std::set<std::string> tips_of(const CommandSpec& spec) {
  static const std::map<RequestPolicy, std::string> kRequest = {
      {RequestPolicy::kAllNodes, "all_nodes"},
      {RequestPolicy::kAllShards, "all_shards"},
      {RequestPolicy::kMultiShard, "multi_shard"},
      {RequestPolicy::kSpecial, "special"}};
  static const std::map<ResponsePolicy, std::string> kResponse = {
      {ResponsePolicy::kOneSucceeded, "one_succeeded"},
      {ResponsePolicy::kAllSucceeded, "all_succeeded"},
      {ResponsePolicy::kAggLogicalAnd, "agg_logical_and"},
      {ResponsePolicy::kAggLogicalOr, "agg_logical_or"},
      {ResponsePolicy::kAggMin, "agg_min"},
      {ResponsePolicy::kAggMax, "agg_max"},
      {ResponsePolicy::kAggSum, "agg_sum"},
      {ResponsePolicy::kSpecial, "special"}};
  std::set<std::string> tips;
  if (spec.tips & kNondeterministicOutput) tips.insert("nondeterministic_output");
  if (spec.tips & kNondeterministicOutputOrder) tips.insert("nondeterministic_output_order");
  if (spec.request_policy != RequestPolicy::kDefault) {
    tips.insert("request_policy:" + kRequest.at(spec.request_policy));
  }
  if (spec.response_policy != ResponsePolicy::kDefault) {
    tips.insert("response_policy:" + kResponse.at(spec.response_policy));
  }
  return tips;
}

int64_t number(const RespValue& map, std::string_view field) {
  const RespValue* value = map.find(field);
  REQUIRE(value != nullptr);
  return std::stoll(value->text);
}

void check_key_spec(const KeySpec& ours, const RespValue& theirs) {
  CHECK(names_of(ours.flags, key_flag_names()) == set_of(*theirs.find("flags")));
  CHECK(ours.notes.empty() == (theirs.find("notes") == nullptr));
  const RespValue& begin = *theirs.find("begin_search");
  const RespValue& begin_spec = *begin.find("spec");
  const std::string& begin_type = begin.find("type")->text;
  switch (ours.begin) {
    case KeySpec::Begin::kUnknown:
      CHECK(begin_type == "unknown");
      break;
    case KeySpec::Begin::kIndex:
      CHECK(begin_type == "index");
      CHECK(ours.index == number(begin_spec, "index"));
      break;
    case KeySpec::Begin::kKeyword:
      CHECK(begin_type == "keyword");
      CHECK(ours.keyword == begin_spec.find("keyword")->text);
      CHECK(ours.start_from == number(begin_spec, "startfrom"));
      break;
  }
  const RespValue& find = *theirs.find("find_keys");
  const RespValue& find_spec = *find.find("spec");
  const std::string& find_type = find.find("type")->text;
  switch (ours.find) {
    case KeySpec::Find::kUnknown:
      CHECK(find_type == "unknown");
      break;
    case KeySpec::Find::kRange:
      CHECK(find_type == "range");
      CHECK(ours.last_key == number(find_spec, "lastkey"));
      CHECK(ours.key_step == number(find_spec, "keystep"));
      CHECK(ours.limit == number(find_spec, "limit"));
      break;
    case KeySpec::Find::kKeyNum:
      CHECK(find_type == "keynum");
      CHECK(ours.keynum_index == number(find_spec, "keynumidx"));
      CHECK(ours.first_key == number(find_spec, "firstkey"));
      CHECK(ours.key_step == number(find_spec, "keystep"));
      break;
  }
}

}  // namespace

TEST_CASE("every row has a dense id and stands behind its container") {
  CHECK(command_count() == all_commands().size());
  CommandId next = 0;
  const Command* container = nullptr;
  std::set<std::string> names;
  for (const Command& command : all_commands()) {
    INFO(command.full_name);
    CHECK(command.id == next++);
    CHECK(names.insert(command.full_name).second);
    if (!command.container) container = &command;
    if (command.container) CHECK(command.container == container);
    CHECK(command.has_subcommands == !command.spec->subcommands.empty());
  }
}

TEST_CASE("every row is found in lower, upper and mixed case, and nothing beside it") {
  for (const Command& command : all_commands()) {
    INFO(command.full_name);
    const std::string name(command.spec->name);
    for (const std::string& written : {name, upper(name), mixed(name)}) {
      CHECK(find_below(written, command.container) == &command);
    }
    size_t wrong = 0;
    for (const std::string& written : near_misses(name)) {
      if (find_below(written, command.container) != search(written, command.container)) ++wrong;
    }
    CHECK(wrong == 0);
  }
  CHECK(find_command("") == nullptr);
}

TEST_CASE("a container answers where the subcommand is missing or unknown") {
  const auto find = [](std::vector<std::string_view> args) { return find_command(Args(args)); };
  CHECK(find({"CONFIG"})->full_name == "config");
  CHECK(find({"CONFIG", "nonsense"})->full_name == "config");
  CHECK(find({"Config", "Get", "save"})->full_name == "config|get");
  CHECK(find({"GET", "config"})->full_name == "get");
  CHECK(find({"nonsense", "get"}) == nullptr);
  CHECK(find({"get|x"}) == nullptr);
  CHECK(find({"config|get"}) == nullptr);
}

TEST_CASE("the proxy's handling of each row suits its keys") {
  for (const Command& command : all_commands()) {
    INFO(command.full_name);
    const CommandSpec& spec = *command.spec;
    switch (spec.handling) {
      case Handling::kForward:
      case Handling::kScript:
        CHECK(takes_keys(spec));
        break;
      case Handling::kSplit:
        // The router cuts the arguments up: keys, or keys and values, from 1 to the end.
        REQUIRE(spec.keys.size() == 1);
        CHECK(command.plain_keys);
        CHECK(command.key_range.first == 1);
        CHECK(command.key_range.last == -1);
        CHECK(spec.request_policy == RequestPolicy::kMultiShard);
        break;
      case Handling::kBroadcast:
        CHECK(spec.keys.empty());
        // Redis gives no tips for SWAPDB, nor for CONFIG but for SET.
        CHECK((spec.request_policy != RequestPolicy::kDefault || spec.name == "swapdb" ||
               command.full_name.starts_with("config|")));
        break;
      case Handling::kContainer:
        CHECK(command.has_subcommands);
        CHECK(spec.keys.empty());
        break;
      case Handling::kLocal:
      case Handling::kRefuse:
        break;
    }
    if (command.has_subcommands && spec.name != "command") {
      CHECK(spec.handling == Handling::kContainer);
    }
  }
}

TEST_CASE("every row is documented in one sentence") {
  std::set<std::string_view> summaries;
  for (const Command& command : all_commands()) {
    INFO(command.full_name);
    const CommandSpec& spec = *command.spec;
    CHECK(spec.summary.size() > 10);
    CHECK(spec.summary.ends_with('.'));
    CHECK(spec.summary.find(". ") == std::string_view::npos);
    CHECK(!spec.since.empty());
    CHECK(spec.deprecated_since.empty() == spec.replaced_by.empty());
  }
}

TEST_CASE("arity") {
  CHECK(arity_accepts({.arity = 2}, 2));
  CHECK(!arity_accepts({.arity = 2}, 3));
  CHECK(!arity_accepts({.arity = 2}, 1));
  CHECK(arity_accepts({.arity = -2}, 2));
  CHECK(arity_accepts({.arity = -2}, 1000));
  CHECK(!arity_accepts({.arity = -2}, 1));
}

TEST_CASE("every flag has a name") {
  CHECK(flag_name(kWrite) == "write");
  CHECK(flag_name(kMayReplicate) == "may_replicate");
  CHECK(acl_category_name(kAclScripting) == "scripting");
  CHECK(key_flag_name(kKeyVariableFlags) == "variable_flags");
  CHECK(group_name(Group::kSortedSet) == "sorted-set");
  CHECK(command_flag_names().size() == 19);
  CHECK(acl_category_names().size() == 21);
  CHECK(key_flag_names().size() == 11);
}

TEST_CASE("the table is the one of redis-server 7.0.15") {
  const std::map<std::string, RespValue> rows = server_rows();
  REQUIRE(rows.size() > 300);

  std::set<std::string> ours;
  std::set<std::string> theirs;
  for (const Command& command : all_commands()) ours.insert(command.full_name);
  for (const auto& [name, row] : rows) theirs.insert(name);
  theirs.insert(kAdditions.begin(), kAdditions.end());
  CHECK(ours == theirs);

  for (const Command& command : all_commands()) {
    const auto found = rows.find(command.full_name);
    if (found == rows.end()) continue;
    INFO(command.full_name);
    const std::vector<RespValue>& row = found->second.items;
    const CommandSpec& spec = *command.spec;
    REQUIRE(row.size() == 10);
    CHECK(spec.arity == std::stoi(row[1].text));
    CHECK(names_of(spec.flags, command_flag_names()) == set_of(row[2]));
    CHECK(command.key_range.first == std::stoi(row[3].text));
    CHECK(command.key_range.last == std::stoi(row[4].text));
    CHECK(command.key_range.step == std::stoi(row[5].text));
    CHECK(names_of(acl_categories(spec), acl_category_names(), "@") == set_of(row[6]));
    CHECK(tips_of(spec) == set_of(row[7]));
    REQUIRE(spec.keys.size() == row[8].items.size());
    for (size_t i = 0; i < spec.keys.size(); ++i) check_key_spec(spec.keys[i], row[8].items[i]);
    const size_t added = command.full_name == "client" ? 1 : 0;
    CHECK(spec.subcommands.size() == row[9].items.size() + added);
  }
}

TEST_CASE("reads that depend on more than the data are for the primary alone") {
  for (const Command& command : all_commands()) {
    const CommandSpec& spec = *command.spec;
    CAPTURE(command.full_name);
    if (spec.at_primary) CHECK((spec.flags & kReadonly));
    const bool forwarded = spec.handling == Handling::kForward ||
                           spec.handling == Handling::kScript || spec.handling == Handling::kSplit;
    if (!forwarded || !(spec.flags & kReadonly)) continue;
    // Cursors are those of one server; replicas are not sent scripts.
    if (spec.name.ends_with("scan")) CHECK(spec.at_primary);
    if (spec.name.starts_with("eval")) CHECK(spec.at_primary);
  }
  CHECK(find_command("touch")->spec->at_primary);
  CHECK(!find_command("get")->spec->at_primary);
}

}  // namespace slotway::wire
