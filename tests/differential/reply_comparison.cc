#include "tests/differential/reply_comparison.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "wire/command_table.h"

namespace slotway::differential {

namespace {

using tests::Command;
using tests::RespValue;

const wire::Command* row_of(const Command& command) {
  const std::vector<std::string_view> words(command.begin(), command.end());
  return words.empty() ? nullptr : wire::find_command(words);
}

bool is_name(const std::string& word, std::string_view name) {
  return std::equal(word.begin(), word.end(), name.begin(), name.end(),
                    [](char a, char b) { return std::tolower(uint8_t(a)) == b; });
}

bool is_aggregate(const RespValue& value) {
  return std::string_view("*~>%").find(value.type) != std::string_view::npos;
}

// The same types and as many elements everywhere.
bool same_shape(const RespValue& a, const RespValue& b) {
  if (a.type != b.type || a.null != b.null || a.items.size() != b.items.size()) return false;
  if (a.is_error()) return a.text == b.text;
  for (size_t i = 0; i < a.items.size(); ++i) {
    if (!same_shape(a.items[i], b.items[i])) return false;
  }
  return true;
}

bool same_size(const RespValue& a, const RespValue& b) {
  return a.type == b.type && is_aggregate(a) && a.items.size() == b.items.size();
}

// Elements, or pairs of them where a flat array stands for a map, in one order.
std::vector<std::string> sorted_texts(const RespValue& value, bool pairs) {
  std::vector<std::string> texts;
  for (const RespValue& item : value.items) texts.push_back(item.to_string());
  if ((pairs || value.type == '%') && texts.size() % 2 == 0) {
    for (size_t i = 0; i < texts.size(); i += 2) {
      texts[i / 2] = texts[i] + ' ' + texts[i + 1];
    }
    texts.resize(texts.size() / 2);
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

bool same_elements(const RespValue& a, const RespValue& b, bool pairs) {
  return a.type == b.type && is_aggregate(a) && sorted_texts(a, pairs) == sorted_texts(b, pairs);
}

RespValue with_plain_scores(RespValue value) {
  for (size_t i = 1; i < value.items.size(); i += 2) {
    value.items[i].text = std::to_string(std::strtod(value.items[i].text.c_str(), nullptr));
  }
  return value;
}

// The servers read their clocks one after the other.
bool is_near(const RespValue& a, const RespValue& b, bool milliseconds) {
  if (a.type != ':' || b.type != ':') return false;
  const int64_t left = a.integer();
  const int64_t right = b.integer();
  const int64_t most = milliseconds ? 10'000 : 10;
  return left >= 0 && right >= 0 && std::llabs(left - right) <= most;
}

bool is_scan(std::string_view name) { return name.ends_with("scan"); }

}  // namespace

void ReplyComparison::reset() { *this = {}; }

bool ReplyComparison::same(const Command& command, const std::string& ours,
                           const std::string& theirs) {
  bool equal = ours == theirs;
  if (ours.starts_with("+QUEUED")) {
    queued_.push_back(command);
  } else {
    sorts_ = sorts_ || is_name(command[0], "sort") || is_name(command[0], "sort_ro");
    const bool executes = is_name(command[0], "exec");
    if (executes) {
      for (const Command& other : queued_) {
        sorts_ = sorts_ || is_name(other[0], "sort") || is_name(other[0], "sort_ro");
      }
    }
    if (!equal) {
      std::string_view our_bytes = ours;
      std::string_view their_bytes = theirs;
      const RespValue our_value = *tests::take_value(our_bytes);
      const RespValue their_value = *tests::take_value(their_bytes);
      if (executes && our_value.items.size() == queued_.size() &&
          their_value.items.size() == queued_.size()) {
        previous_.clear();
        equal = true;
        for (size_t i = 0; i < queued_.size(); ++i) {
          equal = equal && same_value(queued_[i], our_value.items[i], their_value.items[i]);
        }
      } else {
        equal = same_value(command, our_value, their_value);
      }
    }
    if (executes || is_name(command[0], "discard")) queued_.clear();
  }
  previous_ = ours;
  return equal;
}

bool ReplyComparison::same_value(const Command& command, const RespValue& ours,
                                 const RespValue& theirs) {
  if (ours.to_string() == theirs.to_string()) return true;
  const wire::Command* const row = row_of(command);
  if (!row) return false;
  const std::string& name = row->full_name;
  if (name.ends_with("ttl") || name.ends_with("expiretime")) {
    return is_near(ours, theirs, name[0] == 'p');
  }
  // Redis makes a skip list of what it sorts.
  if (name == "object|encoding") {
    return sorts_ && ours.text == "listpack" && theirs.text == "skiplist";
  }
  if (row->spec->tips & wire::kNondeterministicOutput) return same_random(command, ours, theirs);
  if (row->spec->tips & wire::kNondeterministicOutputOrder) {
    return same_elements(ours, theirs, name == "hgetall");
  }
  const auto has = [&](std::string_view word) {
    return std::any_of(command.begin(), command.end(),
                       [&](const std::string& argument) { return is_name(argument, word); });
  };
  // Redis knows no order of what has equal weights, nor of texts that are equal up to a zero byte.
  if (name == "sort" || name == "sort_ro") {
    if (!has("by") && !has("alpha")) return false;
    return has("limit") || has("get") ? same_size(ours, theirs)
                                      : same_elements(ours, theirs, false);
  }
  // Places at the same distance are in any order, and so those that are cut off.
  if (row->spec->group == wire::Group::kGeo && is_aggregate(ours)) {
    return has("count") ? same_shape(ours, theirs) : same_elements(ours, theirs, false);
  }
  return false;
}

bool ReplyComparison::same_random(const Command& command, const RespValue& ours,
                                  const RespValue& theirs) const {
  const std::string name = row_of(command)->full_name;
  if (ours.is_error() || theirs.is_error()) return false;
  if (is_scan(name)) {
    if (ours.items.size() != 2 || theirs.items.size() != 2) return false;
    // A cursor that no server gave leads anywhere.
    if (command[name == "scan" ? 1 : 2] != "0") return true;
    if (ours.items[0].text != "0" || theirs.items[0].text != "0") return true;
    const bool pairs = name == "hscan" || name == "zscan";
    // Redis writes the same score in two ways, by the encoding.
    if (sorts_ && name == "zscan") {
      return same_elements(with_plain_scores(ours.items[1]), with_plain_scores(theirs.items[1]),
                           pairs);
    }
    return same_elements(ours.items[1], theirs.items[1], pairs);
  }
  // Redis's shared numbers are as old as the server, and its counts of use are random.
  if (name == "object|idletime" || name == "object|freq")
    return ours.type == ':' && theirs.type == ':';
  if (!same_shape(ours, theirs)) return false;
  if (name == "dump") return true;
  const bool many = command.size() > 2;
  return is_picked_from(ours, many && command[2][0] != '-');
}

// Our reply to the command before is what there is to pick from; when that was queued, nobody
// knows.
bool ReplyComparison::is_picked_from(const RespValue& picked, bool only_once) const {
  if (previous_.empty()) return true;
  std::string_view bytes = previous_;
  const RespValue all = *tests::take_value(bytes);
  std::vector<std::string> there;
  const auto flatten = [](const RespValue& value, std::vector<std::string>& texts) {
    for (const RespValue& item : value.items) {
      if (!is_aggregate(item)) texts.push_back(item.to_string());
      for (const RespValue& inner : item.items) texts.push_back(inner.to_string());
    }
  };
  flatten(all, there);
  std::vector<std::string> got;
  if (is_aggregate(picked)) {
    flatten(picked, got);
  } else {
    got.push_back(picked.to_string());
  }
  // A pair is picked as a whole.
  std::map<std::string, int> counts;
  for (const std::string& text : there) ++counts[text];
  for (const std::string& text : got) {
    const auto found = counts.find(text);
    if (found == counts.end() || (only_once && found->second == 0)) return false;
    if (only_once) --found->second;
  }
  return true;
}

}  // namespace slotway::differential
