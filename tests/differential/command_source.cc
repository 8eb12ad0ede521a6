#include "tests/differential/command_source.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <utility>

namespace slotway::differential {

namespace {

using tests::Command;
using wire::Group;

// The count of references depends on what each server shares; HELP is the table's own text; a
// cursor, a list of slots or the number of replicas is not about values.
constexpr std::string_view kLeftOut[] = {"object|refcount", "object|help", "wait", "migrate"};

bool is_of_keys(const wire::Command& command) {
  const wire::CommandSpec& spec = *command.spec;
  if (spec.internal || command.has_subcommands) return false;
  if (std::find(std::begin(kLeftOut), std::end(kLeftOut), command.full_name) !=
      std::end(kLeftOut)) {
    return false;
  }
  switch (spec.group) {
    case Group::kBitmap:
    case Group::kGeneric:
    case Group::kGeo:
    case Group::kHash:
    case Group::kHyperLogLog:
    case Group::kList:
    case Group::kSet:
    case Group::kSortedSet:
    case Group::kString:
      return true;
    case Group::kServer:
      return (spec.acl & wire::kAclKeyspace) != 0;
    case Group::kConnection:
      return spec.name == "select" || spec.name == "echo" || spec.name == "ping";
    default:
      return false;
  }
}

// More of what makes values than of what takes them away.
uint64_t weight_of(const wire::Command& command) {
  const wire::CommandSpec& spec = *command.spec;
  if (spec.group == Group::kServer && (spec.flags & wire::kWrite)) return 1;
  if (spec.flags & wire::kBlocking) return 10;
  uint32_t flags = 0;
  for (const wire::KeySpec& keys : spec.keys) flags |= keys.flags;
  if (flags & wire::kKeyRM) return 20;
  if (flags & wire::kKeyInsert) return 250;
  if (flags & wire::kKeyUpdate) return 150;
  return 100;
}

bool has_word(const Command& command, std::string_view word) {
  return std::any_of(command.begin() + 1, command.end(), [&](const std::string& argument) {
    return std::equal(argument.begin(), argument.end(), word.begin(), word.end(),
                      [](char a, char b) { return std::toupper(uint8_t(a)) == b; });
  });
}

// Whether its effect is the same wherever equal elements stand: what is cut off or kept of places
// at the same distance, or of elements in no order, is any of them.
bool has_one_result(const wire::CommandSpec& spec, const Command& command) {
  if (spec.name == "sort" || spec.name == "sort_ro") {
    return !has_word(command, "BY") || (!has_word(command, "LIMIT") && !has_word(command, "STORE"));
  }
  if (spec.group != Group::kGeo) return true;
  return !has_word(command, "COUNT") ||
         (spec.name != "geosearchstore" && !has_word(command, "STORE") &&
          !has_word(command, "STOREDIST"));
}

bool takes_time(const std::vector<ArgumentShape>& shapes) {
  return std::any_of(shapes.begin(), shapes.end(), [](const ArgumentShape& shape) {
    return shape.name == "seconds" || shape.name == "milliseconds" || shape.name == "ttl" ||
           shape.name == "timeout" || takes_time(shape.parts);
  });
}

}  // namespace

std::vector<Choice> choices_of(const ArgumentShapes& shapes,
                               const std::vector<std::string>& supported) {
  std::vector<Choice> choices;
  for (const wire::Command& command : wire::all_commands()) {
    if (!is_of_keys(command)) continue;
    if (std::find(supported.begin(), supported.end(), command.full_name) == supported.end()) {
      continue;
    }
    const auto found = shapes.find(command.full_name);
    if (found == shapes.end()) continue;
    choices.push_back({&command, &found->second, weight_of(command)});
  }
  return choices;
}

CommandSource::CommandSource(uint64_t seed, const std::vector<Choice>& choices)
    : draw_(seed), words_(draw_), is_wide_(draw_.once_in(8)) {
  if (is_wide_) words_.widen();
  for (const Choice& choice : choices) {
    if (draw_.once_in(4)) continue;
    choices_.push_back(choice);
    total_weight_ += choice.weight;
    if (choice.command->spec->name.starts_with("sort")) words_.stay_in_range();
  }
}

const Choice& CommandSource::choose() {
  uint64_t at = draw_.below(total_weight_);
  for (const Choice& choice : choices_) {
    if (at < choice.weight) return choice;
    at -= choice.weight;
  }
  return choices_.back();
}

Command CommandSource::draw_command(bool in_transaction) {
  while (true) {
    const Choice& choice = choose();
    const wire::CommandSpec& spec = *choice.command->spec;
    words_.begin(spec, in_transaction);
    counted_keys_ = 0;
    Command command;
    if (choice.command->container) command.emplace_back(choice.command->container->spec->name);
    command.emplace_back(spec.name);
    append(*choice.arguments, command);
    // With an argument more or less, any number might be a time.
    if (draw_.once_in(30) && !takes_time(*choice.arguments) && !words_.is_by_text()) {
      spoil(command);
    }
    if (has_one_result(spec, command)) return command;
  }
}

void CommandSource::spoil(Command& command) {
  const size_t at = 1 + draw_.below(command.size());
  switch (draw_.below(5)) {
    case 0:
      if (command.size() > 1) command.pop_back();
      break;
    case 1:
      command.insert(command.begin() + long(at), words_.odd());
      break;
    case 2:
      if (at < command.size()) command.erase(command.begin() + long(at));
      break;
    case 3:
      if (at < command.size()) command[at] = words_.odd();
      break;
    default:
      if (at + 1 < command.size()) std::swap(command[at], command[at + 1]);
  }
}

void CommandSource::append(const std::vector<ArgumentShape>& shapes, Command& command) {
  // Options may stand in any order.
  if (shapes.size() > 2 && draw_.once_in(8)) {
    std::vector<ArgumentShape> shuffled = shapes;
    const auto is_option = [](const ArgumentShape& shape) {
      return shape.optional && (!shape.token.empty() || shape.type == "oneof");
    };
    const auto begin =
        std::partition_point(shuffled.begin(), shuffled.end(), std::not_fn(is_option));
    if (std::all_of(begin, shuffled.end(), is_option) && begin != shuffled.end()) {
      std::rotate(begin, begin + long(draw_.below(uint64_t(shuffled.end() - begin))),
                  shuffled.end());
    }
    for (const ArgumentShape& shape : shuffled) append(shape, command);
    return;
  }
  for (const ArgumentShape& shape : shapes) append(shape, command);
}

uint64_t CommandSource::times(const ArgumentShape& shape) {
  if (!shape.multiple) return 1;
  if (counted_keys_ > 0 && (shape.type == "key" || shape.name == "weight")) return counted_keys_;
  if (draw_.once_in(is_wide_ ? 15 : 40)) return 1 + draw_.below(is_wide_ ? 1000 : 300);
  return 1 + draw_.below(4);
}

void CommandSource::append(const ArgumentShape& shape, Command& command) {
  if (shape.optional && !draw_.once_in(3)) return;
  const auto token = [&] {
    if (shape.token.empty()) return;
    command.push_back(shape.token);
    if (draw_.once_in(8)) {
      for (char& c : command.back()) c = static_cast<char>(std::tolower(uint8_t(c)));
    }
  };
  const uint64_t count = times(shape);
  for (uint64_t i = 0; i < count; ++i) {
    if (i == 0 || shape.multiple_token) token();
    append_value(shape, command);
  }
}

void CommandSource::append_value(const ArgumentShape& shape, Command& command) {
  if (shape.type == "pure-token") return;
  if (shape.type == "block") return append(shape.parts, command);
  if (shape.type == "oneof") {
    size_t which = draw_.below(shape.parts.size());
    // BYSCORE or BYLEX, as the bounds before it are.
    if (shape.name == "sortby") which = words_.range() == Words::Range::kText ? 1 : 0;
    return append(shape.parts[which], command);
  }
  if (shape.name == "numkeys") {
    counted_keys_ = 1 + draw_.below(3);
    command.push_back(draw_.once_in(20) ? words_.odd() : std::to_string(counted_keys_));
    return;
  }
  command.push_back(words_.of(shape));
}

void CommandSource::next(std::vector<Step>& steps) {
  if (!std::exchange(begun_, true)) {
    // Once and for all: Redis does not look at them when it takes the payload of a packed value.
    for (const char* const name : {"hash-max-listpack-value", "zset-max-listpack-value"}) {
      steps.push_back(
          {.command = {"config", "set", name, draw_.any({"64", "64", "0", "5", "2000"})}});
    }
  }
  const uint64_t kind = draw_.below(2000);
  if (kind < 3) return expiry(steps);
  if (kind < 8) {
    words_.begin(*wire::find_command("del")->spec, false);
    steps.push_back({Step::Kind::kExchange, {words_.key()}});
    return;
  }
  if (kind < 10) {
    steps.push_back({Step::Kind::kVersion, {draw_.any({"2", "3"})}});
    return;
  }
  if (kind < 14) {
    steps.push_back({.command = setting()});
    return;
  }
  if (kind < 20) {
    // SELECT leaves for other databases as often as it comes back.
    steps.push_back({.command = {"SELECT", "0"}});
    return;
  }
  if (kind < 50) return transaction(steps);
  single(steps);
}

// A command; in front of one whose answer is drawn at random what it may be drawn from.
void CommandSource::single(std::vector<Step>& steps) {
  Command command = draw_command(false);
  const auto before = [&](Command asked) { steps.push_back({.command = std::move(asked)}); };
  const std::string& name = command[0];
  const bool has_key = command.size() > 1;
  if (name == "spop" && has_key) {
    // From a copy, so that the servers stay the same.
    before({"copy", command[1], "popped", "replace"});
    command[1] = "popped";
    before({"smembers", "popped"});
    steps.push_back({.command = command});
    before({"scard", "popped"});
    before({"del", "popped"});
    return;
  }
  if (name == "srandmember" && has_key) before({"smembers", command[1]});
  if (name == "hrandfield" && has_key) before({"hgetall", command[1]});
  if (name == "zrandmember" && has_key) before({"zrange", command[1], "0", "-1", "withscores"});
  if (name == "randomkey") before({"keys", "*"});
  if (name == "dbsize" || (name == "scan" && has_word(command, "TYPE"))) {
    // What has expired counts, and is a key that SCAN misses, until somebody meets it.
    Command exists = {"exists"};
    exists.insert(exists.end(), Words::all_keys().begin(), Words::all_keys().end());
    before(std::move(exists));
  }
  steps.push_back({.command = std::move(command)});
}

void CommandSource::transaction(std::vector<Step>& steps) {
  const auto add = [&](Command command) { steps.push_back({.command = std::move(command)}); };
  if (draw_.once_in(3)) {
    words_.begin(*wire::find_command("watch")->spec, false);
    add({"watch", words_.key(), words_.key()});
    if (draw_.once_in(2)) single(steps);
    if (draw_.once_in(8)) add({"unwatch"});
  }
  add({"multi"});
  for (uint64_t i = draw_.below(6); i > 0; --i) {
    Command command = draw_command(true);
    // Nobody knows what is taken: everything or nothing.
    if (command[0] == "spop") {
      command.resize(2, "popped");
      command.push_back("1000000");
    }
    // What expires must be met first.
    if (command[0] == "dbsize" || command[0] == "randomkey" || command[0] == "scan") continue;
    add(std::move(command));
  }
  if (draw_.once_in(20)) add({draw_.any({"multi", "watch", "nosuchcommand"}), "x"});
  add({draw_.once_in(8) ? "discard" : "exec"});
}

void CommandSource::expiry(std::vector<Step>& steps) {
  words_.begin(*wire::find_command("expire")->spec, false);
  const std::string key = words_.key();
  if (draw_.once_in(3)) {
    steps.push_back({.command = {"set", key, "v", "px", "1"}});
  } else {
    // Not 1: if the clock moves on within the command, the key is gone before it has an expiry.
    steps.push_back({.command = {"pexpire", key, "2"}});
  }
  steps.push_back({Step::Kind::kWait});
  if (draw_.once_in(2)) single(steps);
  steps.push_back({.command = {"exists", key}});
}

Command CommandSource::setting() {
  switch (draw_.below(6)) {
    case 0:
      return {"config", "set", draw_.any({"hash-max-listpack-entries", "hash-max-ziplist-entries"}),
              draw_.any({"512", "128", "0", "5"})};
    case 1:
      return {"config", "set", "set-max-intset-entries", draw_.any({"512", "0", "5", "50"})};
    case 2:
      return {"config", "set", "zset-max-listpack-entries", draw_.any({"128", "0", "5", "50"})};
    case 3:
      return {"config", "set", "list-max-listpack-size",
              draw_.any({"-2", "-1", "-5", "1", "3", "128", "0"})};
    case 4:
      return {"config", "set", "maxmemory-policy",
              draw_.any({"noeviction", "allkeys-lru", "volatile-lfu", "allkeys-lfu"})};
    default:
      return {"config", "set", "hll-sparse-max-bytes", draw_.any({"3000", "0", "100", "20000"})};
  }
}

}  // namespace slotway::differential
