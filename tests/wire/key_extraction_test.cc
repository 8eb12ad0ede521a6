#include "wire/key_extraction.h"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <set>
#include <sstream>
#include <string>

#include "tests/support/redis_server.h"
#include "tests/support/resp_client.h"

namespace slotway::wire {

using tests::RespValue;

namespace {

using Words = std::vector<std::string>;

// Splits at spaces; '' stands for an empty argument.
Words words(const std::string& line) {
  std::istringstream stream(line);
  Words all;
  for (std::string word; stream >> word;) all.push_back(word == "''" ? "" : word);
  return all;
}

std::vector<std::string_view> views(const Words& call) { return {call.begin(), call.end()}; }

// Commands whose keys depend on their arguments, as they are called: right and wrong.
const char* const kCalls[] = {
    "BITFIELD k",
    "BITFIELD k GET u8 0",
    "BITFIELD k GET u8 0 GET i5 100",
    "BITFIELD k get u8 0 overflow sat",
    "BITFIELD k SET u8 0 1",
    "BITFIELD k GET u8 0 INCRBY u8 0 1",
    "BITFIELD k OVERFLOW WRAP INCRBY u8 0 1",
    "BITFIELD k GET u8",
    "BITFIELD k SET u8 0",
    "BITFIELD k nonsense",
    "BLMPOP 0 1 a LEFT",
    "BLMPOP 0 2 a b LEFT COUNT 3",
    "BLMPOP 0 3 a b",
    "BLMPOP 0 4 a b LEFT",
    "BLMPOP 0 0 a LEFT",
    "BLMPOP 0 -1 a LEFT",
    "BLMPOP 0 x a LEFT",
    "BZMPOP 0 2 a b MIN",
    "BZMPOP 0 9 a b MIN",
    "EVAL s 0",
    "EVAL s 0 a",
    "EVAL s 1 a",
    "EVAL s 2 a b c",
    "EVAL s 3 a b",
    "EVAL s -1 a",
    "EVAL s 2147483648 a",
    "EVAL s 9223372036854775807 a",
    "EVAL s 99999999999999999999 a",
    "EVAL s x a",
    "EVAL s '' a",
    "EVAL_RO s 2 a b c",
    "EVAL_RO s 0",
    "EVALSHA h 2 a b c",
    "EVALSHA h 5 a b c",
    "EVALSHA_RO h 1 a",
    "FCALL f 1 a b",
    "FCALL f 0",
    "FCALL_RO f 2 a b",
    "FCALL_RO f 3 a b",
    "GEORADIUS k 1 2 3 m",
    "GEORADIUS k 1 2 3 m STORE d",
    "GEORADIUS k 1 2 3 m asc Store d",
    "GEORADIUS k 1 2 3 m STOREDIST d",
    "GEORADIUS k 1 2 3 m STOREDIST d STORE e",
    "GEORADIUS k 1 2 3 m WITHDIST STORE",
    "GEORADIUS store 1 2 3 m",
    "GEORADIUSBYMEMBER k store 3 m",
    "GEORADIUSBYMEMBER k m 3 m STORE d",
    "GEORADIUSBYMEMBER k m 3 m COUNT 3 storedist d",
    "LMPOP 1 a LEFT",
    "LMPOP 2 a b RIGHT",
    "LMPOP 5 a b RIGHT",
    "MIGRATE h 1 k 0 9",
    "MIGRATE h 1 k 0 9 COPY REPLACE",
    "MIGRATE h 1 '' 0 9 KEYS a b c",
    "MIGRATE h 1 '' 0 9 COPY keys a",
    "MIGRATE h 1 '' 0 9 AUTH keys KEYS a b",
    "MIGRATE h 1 '' 0 9 AUTH2 u keys KEYS a b",
    "MIGRATE h 1 k 0 9 AUTH keys",
    "MIGRATE h 1 k 0 9 KEYS a b",
    "MIGRATE h 1 '' 0 9 KEYS",
    "MIGRATE keys 1 k 0 9",
    "SET k v",
    "SET k v GET",
    "SET k v EX 9 get",
    "SET k get",
    "SET k v NX",
    "SINTERCARD 2 a b",
    "SINTERCARD 2 a b LIMIT 3",
    "SINTERCARD 3 a b",
    "SINTERCARD 0 a b",
    "SORT k",
    "SORT k BY p GET q GET r LIMIT 0 5 ALPHA",
    "SORT k STORE d",
    "SORT k STORE d store e",
    "SORT k BY store DESC STORE d",
    "SORT k GET store",
    "SORT k LIMIT store store STORE d",
    "SORT k LIMIT 0 store d",
    "SORT k STORE",
    "SORT store",
    "SORT k STORE by e STORE f",
    "SORT_RO k",
    "SORT_RO k BY p GET q",
    "SORT_RO k STORE d",
    "XREAD STREAMS a 0",
    "XREAD STREAMS a b 0 0",
    "XREAD COUNT 3 BLOCK 9 streams a b c 0 0 0",
    "XREAD STREAMS a b 0",
    "XREAD STREAMS streams 0",
    "XREAD COUNT 3 STREAMS",
    "XREAD BLOCK 0 STREAMS a",
    "XREAD COUNT 3 BLOCK 9",
    "XREADGROUP GROUP g c STREAMS a >",
    "XREADGROUP GROUP g c COUNT 1 BLOCK 2 NOACK STREAMS a b > >",
    "XREADGROUP GROUP streams c STREAMS a >",
    "XREADGROUP GROUP g c STREAMS a b c >",
    "XREADGROUP GROUP g c COUNT 1 BLOCK",
    "ZDIFF 2 a b WITHSCORES",
    "ZDIFF 0 a",
    "ZDIFFSTORE d 2 a b",
    "ZDIFFSTORE d 3 a b",
    "ZINTER 1 a WEIGHTS 2",
    "ZINTER -2 a b",
    "ZINTERCARD 2 a b LIMIT 1",
    "ZINTERCARD nan a b",
    "ZINTERSTORE d 2 a b AGGREGATE MAX",
    "ZINTERSTORE d 0 a b",
    "ZMPOP 1 a MIN",
    "ZMPOP 3 a b MAX COUNT 2",
    "ZUNION 2 a b",
    "ZUNION 2147483648 a b",
    "ZUNIONSTORE d 1 a",
    "ZUNIONSTORE d 2 a b WEIGHTS 1 2",
    "ZUNIONSTORE d x a b",
    "ZUNIONSTORE d -1 a b",
};

// Calls a command with `count` arguments.
Words call_with(const Command& command, size_t count) {
  Words call;
  if (command.container) call.push_back(command.container->full_name);
  call.push_back(std::string(command.spec->name));
  while (call.size() < count) call.push_back("a" + std::to_string(call.size()));
  return call;
}

// All keys of a call and their flags, in the form of GETKEYSANDFLAGS, or Redis's error.
std::string our_answer(const Words& call) {
  const auto args = views(call);
  const Command* command = find_command(Args(args));
  REQUIRE(command != nullptr);
  std::vector<KeyPosition> keys;
  switch (extract_keys(*command->spec, args, keys)) {
    case KeyExtraction::kInvalid:
      CHECK(keys.empty());
      // Redis lets scripts pass with any count here.
      return command->spec->flags & kNoMandatoryKeys
                 ? "*0[]"
                 : "-ERR Invalid arguments specified for command";
    case KeyExtraction::kNoKeys:
      CHECK(keys.empty());
      return takes_keys(*command->spec) ? "*0[]" : "-ERR The command has no key arguments";
    case KeyExtraction::kOk:
      break;
  }
  CHECK(!keys.empty());
  CHECK(keys.size() <= args.size());
  RespValue answer{.type = '*'};
  for (const KeyPosition& key : keys) {
    REQUIRE(key.index < args.size());
    RespValue flags{.type = '*'};
    for (const FlagName& flag : key_flag_names()) {
      if (key.flags & flag.flag)
        flags.items.push_back({.type = '+', .text = std::string(flag.name)});
    }
    const RespValue name{.type = '$', .text = std::string(args[key.index])};
    answer.items.push_back({.type = '*', .items = {name, flags}});
  }
  return answer.to_string();
}

std::string server_answer(tests::RespClient& client, const Words& call) {
  Words request = {"COMMAND", "GETKEYSANDFLAGS"};
  request.insert(request.end(), call.begin(), call.end());
  return client.call(request).to_string();
}

std::string joined(const Words& call) {
  std::string line;
  for (const std::string& word : call) line += word.empty() ? "'' " : word + " ";
  return line;
}

// PFMERGE may do without sources. Redis runs that, but its GETKEYS finds no keys in it.
constexpr std::string_view kPfmergeAlone = "pfmerge a1 ";

KeyExtraction outcome(const std::string& line, std::vector<KeyPosition>& keys) {
  const Words call = words(line);
  const auto args = views(call);
  return extract_keys(*find_command(Args(args))->spec, args, keys);
}

}  // namespace

TEST_CASE("keys at places known in advance are those of COMMAND GETKEYSANDFLAGS") {
  tests::RedisServer server;
  tests::RespClient client(server.port());
  size_t compared = 0;
  for (const Command& command : all_commands()) {
    if (!command.plain_keys) continue;
    const auto least = static_cast<size_t>(std::abs(command.spec->arity));
    const size_t most = command.spec->arity > 0 ? least : least + 5;
    for (size_t count = least; count <= most; ++count) {
      const Words call = call_with(command, count);
      INFO(joined(call));
      if (joined(call) != kPfmergeAlone) {
        CHECK(our_answer(call) == server_answer(client, call));
      }
      ++compared;

      std::vector<KeyPosition> keys;
      extract_keys(*command.spec, views(call), keys);
      const PlainKeyPositions plain = plain_key_positions(command, count);
      std::vector<size_t> positions;
      for (size_t i = plain.first; i <= plain.last; i += plain.step) positions.push_back(i);
      REQUIRE(positions.size() == keys.size());
      for (size_t i = 0; i < keys.size(); ++i) CHECK(keys[i].index == positions[i]);
    }
  }
  CHECK(compared > 300);
}

TEST_CASE("keys that depend on the arguments are those of COMMAND GETKEYSANDFLAGS") {
  tests::RedisServer server;
  tests::RespClient client(server.port());
  for (const std::string line : kCalls) {
    INFO(line);
    const Words call = words(line);
    CHECK(our_answer(call) == server_answer(client, call));
  }
}

TEST_CASE("every row with movable keys or changing flags has an example") {
  std::set<const Command*> examples;
  for (const char* const line : kCalls) {
    const Words call = words(line);
    const auto args = views(call);
    examples.insert(find_command(Args(args)));
  }
  for (const Command& command : all_commands()) {
    if (!takes_keys(*command.spec)) continue;
    INFO(command.full_name);
    const bool simple = command.plain_keys && command.spec->key_rule == KeyRule::kSpecs;
    CHECK(examples.contains(&command) != simple);
  }
}

TEST_CASE("a row that its specifications do not describe wholly has a rule of its own") {
  for (const Command& command : all_commands()) {
    INFO(command.full_name);
    for (const KeySpec& spec : command.spec->keys) {
      const bool whole = spec.begin != KeySpec::Begin::kUnknown &&
                         spec.find != KeySpec::Find::kUnknown &&
                         !(spec.flags & (kKeyIncomplete | kKeyVariableFlags)) && spec.limit == 0 &&
                         spec.start_from >= 0;
      if (!whole) CHECK(command.spec->key_rule != KeyRule::kSpecs);
    }
  }
}

TEST_CASE("random arguments of commands with movable keys give what the server gives") {
  tests::RedisServer server;
  tests::RespClient client(server.port());
  // Whole numbers only: Redis reads "2x" as 2 here. The stream commands are left out: a word
  // "streams" in the wrong place is taken differently on purpose.
  const Words vocabulary = {"0",    "1",    "2",     "3",         "-1",    "4",
                            "a",    "b",    "STORE", "storedist", "by",    "GET",
                            "KEYS", "AUTH", "set",   "auth2",     "limit", "overflow",
                            "",     "copy", "get",   "c",         "u8",    "9999999999"};
  std::mt19937 random(20250131);
  size_t with_keys = 0;
  for (const Command& command : all_commands()) {
    const CommandSpec& spec = *command.spec;
    const bool simple = command.plain_keys && spec.key_rule == KeyRule::kSpecs;
    if (!takes_keys(spec) || simple || spec.key_rule == KeyRule::kStreams) continue;
    for (int round = 0; round < 150; ++round) {
      Words call = {std::string(spec.name)};
      const size_t count = static_cast<size_t>(std::abs(spec.arity)) + random() % 8;
      while (call.size() < count) call.push_back(vocabulary[random() % vocabulary.size()]);
      const std::string ours = our_answer(call);
      const std::string theirs = server_answer(client, call);
      if (ours[0] == '*') ++with_keys;
      INFO(joined(call));
      CHECK(ours == theirs);
    }
  }
  CHECK(with_keys > 500);
}

TEST_CASE("commands without keys, and those with channels, have none") {
  std::vector<KeyPosition> keys = {{1, 0}};
  for (const char* const line :
       {"PING", "SUBSCRIBE a", "SPUBLISH a b", "SSUBSCRIBE a", "CONFIG GET a", "CONFIG", "EVAL s 0",
        "FCALL_RO f 0 a", "EVALSHA h 0"}) {
    INFO(std::string(line));
    CHECK(outcome(line, keys) == KeyExtraction::kNoKeys);
    CHECK(keys.empty());
  }
}

TEST_CASE("a count that is no count is invalid") {
  std::vector<KeyPosition> keys;
  for (const std::string count :
       {"-1", "0", "4", "2147483648", "4294967297", "18446744073709551617", "9223372036854775807",
        "-9223372036854775808", "x", "2x", "+2", "02", "2.0", "''", "1e0"}) {
    INFO(count);
    for (const std::string command :
         {"ZUNION ", "SINTERCARD ", "LMPOP ", "ZUNIONSTORE d ", "EVAL s ", "BZMPOP 0 "}) {
      if (command == "EVAL s " && count == "0") continue;
      CHECK(outcome(command + count + " a b c", keys) == KeyExtraction::kInvalid);
      CHECK(keys.empty());
    }
  }
}

TEST_CASE("a group or a consumer may be called streams") {
  // Redis's GETKEYS takes the first "streams" for the option; its cluster routing does not.
  std::vector<KeyPosition> keys;
  CHECK(outcome("XREADGROUP GROUP streams STREAMS STREAMS k >", keys) == KeyExtraction::kOk);
  REQUIRE(keys.size() == 1);
  CHECK(keys[0].index == 5);
  CHECK(outcome("XREADGROUP COUNT 1 NOACK GROUP g streams STREAMS k l > >", keys) ==
        KeyExtraction::kOk);
  REQUIRE(keys.size() == 2);
  CHECK(keys[0].index == 8);
  CHECK(keys[1].index == 9);
}

TEST_CASE("PFMERGE without sources has one key") {
  std::vector<KeyPosition> keys;
  CHECK(outcome(std::string(kPfmergeAlone), keys) == KeyExtraction::kOk);
  REQUIRE(keys.size() == 1);
  CHECK(keys[0].index == 1);
}

TEST_CASE("keys of any bytes are found at their places") {
  std::vector<KeyPosition> keys;
  const std::string odd("\0\r\n{", 4);
  const std::vector<std::string_view> args = {"mset", "", "v", odd, ""};
  CHECK(extract_keys(*find_command("mset")->spec, args, keys) == KeyExtraction::kOk);
  REQUIRE(keys.size() == 2);
  CHECK(keys[0].index == 1);
  CHECK(keys[1].index == 3);
}

TEST_CASE("options that the proxy refuses are found where options stand, and nowhere else") {
  const auto refused = [](std::vector<std::string_view> args) -> std::string {
    const Command* command = find_command(args);
    REQUIRE(command);
    const OptionSpec* option = refused_option(*command->spec, args);
    return option ? std::string(option->name) : "";
  };
  CHECK(refused({"XREADGROUP", "GROUP", "streams", "c", "BLOCK", "0", "STREAMS", "s", ">"}) ==
        "block");
  CHECK(refused({"xreadgroup", "group", "block", "block", "noack", "streams", "s", ">"}) == "");
  CHECK(refused({"XREAD", "COUNT", "block", "STREAMS", "block", "0"}) == "");
  CHECK(refused({"XREAD", "COUNT", "1", "BLOCK"}) == "block");
  CHECK(refused({"XREAD", "COUNT"}) == "");
  CHECK(refused({"SORT", "by", "LIMIT", "by", "get"}) == "");
  CHECK(refused({"SORT", "k", "BY"}) == "by");
  CHECK(refused({"SORT", "k", "BY", "nosort", "STORE", "get", "GET", "x"}) == "get");
  CHECK(refused({"SORT", "k", "WHAT", "BY", "x"}) == "");
  CHECK(refused({"COPY", "a", "b", "DB", "1"}) == "");
  CHECK(refused({"GET", "block"}) == "");
}

}  // namespace slotway::wire
