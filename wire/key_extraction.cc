#include "wire/key_extraction.h"

#include <algorithm>
#include <cctype>

#include "wire/number.h"
#include "wire/text.h"

namespace slotway::wire {

namespace {

using Keys = std::vector<KeyPosition>;

void add(Keys& keys, size_t index, uint32_t flags) {
  keys.push_back({static_cast<uint32_t>(index), flags});
}

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

// The index behind the specification's keyword; 0 if it is absent or the last argument, where no
// key can follow it.
size_t find_keyword(const KeySpec& spec, Args args) {
  for (auto i = static_cast<size_t>(spec.start_from); i + 1 < args.size(); ++i) {
    if (same_word(spec.keyword, args[i])) return i + 1;
  }
  return 0;
}

// Adds the keys of one specification. kNoKeys: there are none, and that is in order.
KeyExtraction follow(const CommandSpec& command, const KeySpec& spec, Args args, Keys& keys) {
  const auto count = static_cast<int64_t>(args.size());
  int64_t first = spec.index;
  if (spec.begin == KeySpec::Begin::kKeyword) {
    first = static_cast<int64_t>(find_keyword(spec, args));
    if (first == 0) return KeyExtraction::kNoKeys;
  }
  int64_t last;
  if (spec.find == KeySpec::Find::kKeyNum) {
    const int64_t where = first + spec.keynum_index;
    if (where >= count) return KeyExtraction::kInvalid;
    const auto number = parse_integer(args[static_cast<size_t>(where)]);
    if (!number || *number < 0 || *number > count) return KeyExtraction::kInvalid;
    if (*number == 0 && (command.flags & kNoMandatoryKeys)) return KeyExtraction::kNoKeys;
    first += spec.first_key;
    last = first + (*number - 1) * spec.key_step;
  } else {
    last = spec.last_key < 0 ? count + spec.last_key : first + spec.last_key;
    if (spec.last_key < 0 && first == last + 1) return KeyExtraction::kNoKeys;
  }
  if (first > last || last >= count) return KeyExtraction::kInvalid;
  for (int64_t i = first; i <= last; i += spec.key_step) {
    add(keys, static_cast<size_t>(i), spec.flags);
  }
  return KeyExtraction::kOk;
}

// With `flags` other than 0 they stand for those of the specifications.
KeyExtraction follow_all(const CommandSpec& command, Args args, Keys& keys, uint32_t flags = 0) {
  bool none_needed = false;
  for (const KeySpec& spec : command.keys) {
    if (spec.flags & kKeyNotKey) continue;
    const KeyExtraction found = follow(command, spec, args, keys);
    if (found == KeyExtraction::kInvalid) return found;
    if (found == KeyExtraction::kNoKeys) none_needed = spec.find == KeySpec::Find::kKeyNum;
  }
  if (keys.empty()) return none_needed ? KeyExtraction::kNoKeys : KeyExtraction::kInvalid;
  if (flags != 0) {
    for (KeyPosition& key : keys) key.flags = flags;
  }
  return KeyExtraction::kOk;
}

uint32_t set_flags(Args args) {
  for (size_t i = 3; i < args.size(); ++i) {
    if (equal_ignoring_case(args[i], "get")) return kKeyRW | kKeyAccess | kKeyUpdate;
  }
  return kKeyOW | kKeyUpdate;
}

uint32_t bitfield_flags(Args args) {
  for (size_t i = 2; i < args.size();) {
    const size_t behind = args.size() - i - 1;
    if (equal_ignoring_case(args[i], "get") && behind >= 2) {
      i += 3;
    } else if (equal_ignoring_case(args[i], "overflow") && behind >= 1) {
      i += 2;
    } else {
      return kKeyRW | kKeyAccess | kKeyUpdate;  // SET, INCRBY, or no operation at all
    }
  }
  return kKeyRO | kKeyAccess;
}

const OptionSpec* find_option(std::string_view word, std::span<const OptionSpec> options) {
  const auto known = std::find_if(options.begin(), options.end(), [&](const OptionSpec& option) {
    return equal_ignoring_case(word, option.name);
  });
  return known == options.end() ? nullptr : &*known;
}

// How many arguments follow the option `word`; 0 for an unknown one.
size_t values_of(std::string_view word, std::span<const OptionSpec> options) {
  const OptionSpec* const option = find_option(word, options);
  return option ? static_cast<size_t>(option->values) : 0;
}

KeyExtraction follow_sort(const CommandSpec& command, Args args, Keys& keys) {
  add(keys, 1, kKeyRO | kKeyAccess);
  size_t destination = 0;  // the last STORE counts
  for (size_t i = 2; i < args.size(); ++i) {
    if (!equal_ignoring_case(args[i], "store")) {
      i += values_of(args[i], command.options);
    } else if (i + 1 < args.size()) {
      destination = i + 1;
    }
  }
  if (destination != 0) add(keys, destination, kKeyOW | kKeyUpdate);
  return KeyExtraction::kOk;
}

KeyExtraction follow_migrate(const CommandSpec& command, Args args, Keys& keys) {
  constexpr size_t kSingleKey = 3;
  constexpr uint32_t kFlags = kKeyRW | kKeyAccess | kKeyDelete;
  for (auto i = static_cast<size_t>(command.first_option); i + 1 < args.size(); ++i) {
    if (!equal_ignoring_case(args[i], "keys")) {
      i += values_of(args[i], command.options);
      continue;
    }
    // Either one key or KEYS, never both.
    if (!args[kSingleKey].empty()) return KeyExtraction::kInvalid;
    for (size_t key = i + 1; key < args.size(); ++key) add(keys, key, kFlags);
    return KeyExtraction::kOk;
  }
  add(keys, kSingleKey, kFlags);
  return KeyExtraction::kOk;
}

// Steps over the options, so that a group or a consumer may be called "streams".
KeyExtraction follow_streams(const CommandSpec& command, Args args, Keys& keys) {
  auto i = static_cast<size_t>(command.first_option);
  while (i < args.size() && !equal_ignoring_case(args[i], "streams")) {
    i += 1 + values_of(args[i], command.options);
  }
  // Behind the option stand the keys, and then as many ids.
  const size_t first = i + 1;
  const size_t streams = first < args.size() ? (args.size() - first) / 2 : 0;
  for (size_t key = first; key < first + streams; ++key) {
    add(keys, key, command.keys.front().flags);
  }
  return keys.empty() ? KeyExtraction::kInvalid : KeyExtraction::kOk;
}

KeyExtraction find_keys(const CommandSpec& spec, Args args, Keys& keys) {
  switch (spec.key_rule) {
    case KeyRule::kSpecs:
      return follow_all(spec, args, keys);
    case KeyRule::kFirstArgument:
      add(keys, 1, spec.keys.front().flags);
      return KeyExtraction::kOk;
    case KeyRule::kSet:
      return follow_all(spec, args, keys, set_flags(args));
    case KeyRule::kBitfield:
      return follow_all(spec, args, keys, bitfield_flags(args));
    case KeyRule::kSort:
      return follow_sort(spec, args, keys);
    case KeyRule::kMigrate:
      return follow_migrate(spec, args, keys);
    case KeyRule::kStreams:
      return follow_streams(spec, args, keys);
  }
  return KeyExtraction::kInvalid;
}

bool is_index_range(const KeySpec& spec) {
  return spec.begin == KeySpec::Begin::kIndex && spec.find == KeySpec::Find::kRange;
}

}  // namespace

KeyExtraction extract_keys(const CommandSpec& spec, Args args, std::vector<KeyPosition>& keys) {
  keys.clear();
  if (!takes_keys(spec)) return KeyExtraction::kNoKeys;
  const KeyExtraction found = find_keys(spec, args, keys);
  if (found != KeyExtraction::kOk) keys.clear();
  return found;
}

const OptionSpec* refused_option(const CommandSpec& spec, Args args) {
  for (auto i = static_cast<size_t>(spec.first_option); i < args.size();) {
    const OptionSpec* const option = find_option(args[i], spec.options);
    if (!option) return nullptr;
    const std::string_view value = i + 1 < args.size() ? args[i + 1] : std::string_view();
    const bool is_allowed = !option->allowed.empty() && equal_ignoring_case(value, option->allowed);
    if (option->refused && !is_allowed) return option;
    i += 1 + static_cast<size_t>(option->values);
  }
  return nullptr;
}

KeyRange key_range_of(const CommandSpec& spec) {
  if (spec.keys.size() == 1 && is_index_range(spec.keys[0])) {
    const KeySpec& only = spec.keys[0];
    return {only.index, only.last_key < 0 ? only.last_key : only.index + only.last_key,
            only.key_step};
  }
  // Several specifications make one range where each goes on behind the one before.
  KeyRange range;
  for (const KeySpec& part : spec.keys) {
    if (!is_index_range(part) || part.key_step != 1) continue;
    if (range.step != 0 && range.last != part.index - 1) continue;
    if (range.step == 0) range.first = part.index;
    range.last = part.last_key < 0 ? part.last_key : part.index + part.last_key;
    range.step = 1;
  }
  return range;
}

bool has_plain_keys(const CommandSpec& spec) {
  return takes_keys(spec) && !(spec.flags & kMovableKeys);
}

bool takes_keys(const CommandSpec& spec) {
  return std::any_of(spec.keys.begin(), spec.keys.end(),
                     [](const KeySpec& part) { return !(part.flags & kKeyNotKey); });
}

}  // namespace slotway::wire
