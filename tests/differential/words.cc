#include "tests/differential/words.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <unordered_map>

namespace slotway::differential {

namespace {

using wire::Group;

constexpr int kKeysOfGroup = 5;
constexpr size_t kMostPayloads = 50;

// The groups with keys of their own. Keys of the last are no others': what damages a HyperLogLog
// may let Redis read behind its end.
constexpr std::array kHomes = {Group::kString, Group::kBitmap,     Group::kList,
                               Group::kHash,   Group::kSet,        Group::kSortedSet,
                               Group::kGeo,    Group::kHyperLogLog};
constexpr const char* kHomeNames[] = {"string", "bits", "list", "hash",
                                      "set",    "zset", "geo",  "hll"};
constexpr int kTextKeys = 3;
const std::string kOddWords[] = {"",
                                 "x",
                                 "-1",
                                 "0",
                                 kHuge,
                                 kLeast,
                                 "9223372036854775808",
                                 "1.5",
                                 "nan",
                                 "inf",
                                 "-0",
                                 " 1",
                                 "1 ",
                                 "01",
                                 "\xff",
                                 std::string("\0", 1),
                                 "*",
                                 "LIMIT",
                                 "STORE",
                                 kTooLarge,
                                 "4294967296",
                                 "1e20",
                                 "0x10",
                                 "1e308",
                                 "\r\n",
                                 std::string(100, 'o')};
const std::string kOddKeys[] = {"",     "{}", std::string("n\0l", 3), "a{b}c{d}",
                                "\r\n", "{x", std::string(300, 'k')};

bool adds(const wire::CommandSpec& spec) {
  return std::any_of(spec.keys.begin(), spec.keys.end(), [](const wire::KeySpec& keys) {
    return (keys.flags & (wire::kKeyInsert | wire::kKeyUpdate)) != 0;
  });
}

}  // namespace

const std::vector<std::string>& Words::all_keys() {
  static const std::vector<std::string> keys = [] {
    std::vector<std::string> all(std::begin(kOddKeys), std::end(kOddKeys));
    all.insert(all.end(), std::begin(kOddWords), std::end(kOddWords));
    for (const char* const home : kHomeNames) {
      for (int i = 1; i <= kKeysOfGroup; ++i) all.push_back(home + (":" + std::to_string(i)));
    }
    for (int i = 1; i <= kTextKeys; ++i) all.push_back("text:" + std::to_string(i));
    for (const char* const other : {"popped", "copied"}) all.emplace_back(other);
    return all;
  }();
  return keys;
}

void Words::begin(const wire::CommandSpec& spec, bool in_transaction) {
  const std::string_view name = spec.name;
  spec_ = &spec;
  in_transaction_ = in_transaction;
  sorts_ = spec.name == "sort" || spec.name == "sort_ro";
  range_ = static_cast<Range>(draw_.below(3));
  by_text_ =
      name.find("lex") != name.npos || (name.starts_with("zrange") && range_ == Range::kText) ||
      (spec.group == Group::kSortedSet && (!adds(spec) || name == "zadd") && draw_.once_in(5));
  numeric_ = false;
  sketch_ = spec.group == Group::kHyperLogLog;
}

std::string Words::key() {
  if (sketch_) return "hll:" + std::to_string(1 + draw_.below(kKeysOfGroup));
  if (by_text_) return "text:" + std::to_string(1 + draw_.below(kTextKeys));
  const bool edits = (spec_->group == Group::kString || spec_->group == Group::kBitmap);
  size_t home = draw_.below(kHomes.size());
  if (!draw_.once_in(10)) {
    for (size_t i = 0; i < kHomes.size(); ++i) {
      if (kHomes[i] == spec_->group) home = i;
    }
    if (sorts_) home = 2 + draw_.below(3);
  } else if (draw_.once_in(10)) {
    return kOddKeys[draw_.below(std::size(kOddKeys))];
  } else if (draw_.once_in(10)) {
    return draw_.any({"popped", "copied"});
  }
  if (kHomes[home] == Group::kHyperLogLog && spec_->group != Group::kHyperLogLog) {
    if (edits) home = 0;
    // What is copied or renamed stays among them.
    sketch_ = !edits;
  }
  const uint64_t number = 1 + draw_.below(kKeysOfGroup);
  numeric_ = number <= 2;
  return kHomeNames[home] + (":" + std::to_string(number));
}

std::string Words::odd() {
  const std::string& word = kOddWords[draw_.below(std::size(kOddWords))];
  return word == kTooLarge ? unreal(kTooLarge) : word;
}

void Words::keep_payload(std::string payload) {
  if (payloads_.size() == kMostPayloads) payloads_.erase(payloads_.begin());
  payloads_.push_back(std::move(payload));
}

// By name where that says more than the type.
std::string Words::of(const ArgumentShape& shape) {
  using Maker = std::string (*)(Words&);
  static const std::unordered_map<std::string_view, Maker> by_name = {
      {"bit",
       [](Words& w) {
         return w.draw_.any({"0", "1", "0", "1", "2", "-1"});
       }},
      {"count", [](Words& w) { return w.count(); }},
      {"cursor", [](Words& w) { return w.draw_.once_in(10) ? w.odd() : "0"; }},
      {"db", [](Words& w) { return w.database(); }},
      {"decrement", [](Words& w) { return w.increment(); }},
      {"destination-db", [](Words& w) { return w.database(); }},
      {"encoding", [](Words& w) { return w.bit_type(); }},
      {"end", [](Words& w) { return w.range_bound(); }},
      {"frequency",
       [](Words& w) {
         return w.draw_.any({"0", "1", "255", "256", "-1"});
       }},
      {"height", [](Words& w) { return w.length(); }},
      {"increment", [](Words& w) { return w.increment(); }},
      {"index", [](Words& w) { return w.spec_->name == "select" ? w.database() : w.index(); }},
      {"index1", [](Words& w) { return w.database(); }},
      {"index2", [](Words& w) { return w.database(); }},
      {"latitude", [](Words& w) { return w.degrees(85); }},
      {"len", [](Words& w) { return w.count(); }},
      {"limit", [](Words& w) { return w.count(); }},
      {"longitude", [](Words& w) { return w.degrees(180); }},
      {"max", [](Words& w) { return w.range_bound(); }},
      {"milliseconds", [](Words& w) { return w.milliseconds(); }},
      {"min", [](Words& w) { return w.range_bound(); }},
      {"num-matches", [](Words& w) { return w.count(); }},
      {"offset", [](Words& w) { return w.is_bitmap() ? w.bit_offset() : w.count(); }},
      {"operation",
       [](Words& w) {
         return w.draw_.any({"AND", "OR", "XOR", "NOT", "or", "NAND"});
       }},
      {"radius", [](Words& w) { return w.length(); }},
      {"rank", [](Words& w) { return w.rank(); }},
      {"score", [](Words& w) { return w.by_text_ ? "0" : w.score(); }},
      {"seconds", [](Words& w) { return w.seconds(); }},
      {"serialized-value", [](Words& w) { return w.payload(); }},
      {"start", [](Words& w) { return w.range_bound(); }},
      {"stop", [](Words& w) { return w.range_bound(); }},
      {"timeout", [](Words& w) { return w.timeout(); }},
      {"ttl", [](Words& w) { return w.restored_ttl(); }},
      {"type", [](Words& w) { return w.type_name(); }},
      {"unix-time-milliseconds", [](Words& w) { return w.unix_milliseconds(); }},
      {"unix-time-seconds", [](Words& w) { return w.unix_seconds(); }},
      {"weight", [](Words& w) { return w.score(); }},
      {"width", [](Words& w) { return w.length(); }},
  };
  if (shape.type == "key") {
    if (shape.name == "dst") return "zset:" + std::to_string(1 + draw_.below(kKeysOfGroup));
    return draw_.once_in(100) && !by_text_ && !sketch_ ? odd() : key();
  }
  if (shape.type == "pattern") return pattern();
  const bool must_be_right =
      shape.name == "timeout" || shape.name == "rank" || (by_text_ && shape.name == "score");
  if (draw_.once_in(60) && !must_be_right) return odd();
  if (shape.name == "value" && spec_->name == "setbit") {
    return draw_.any({"0", "1", "1", "1", "2", "-1", "x"});
  }
  const auto named = by_name.find(shape.name);
  if (named != by_name.end()) return named->second(*this);
  if (shape.type == "integer") return integer();
  if (shape.type == "double") return real();
  return text();
}

}  // namespace slotway::differential
