// Which arguments of a command are keys.
//
// Follows the row's key specifications, or its KeyRule where they do not suffice (SORT's STORE,
// MIGRATE's KEYS, the STREAMS of XREAD), so that the answer is the one of Redis's COMMAND GETKEYS.
// Three differences, all on purpose: a count must be a plain decimal number (Redis takes "2x" for 2
// here, and refuses it when the command runs); PFMERGE with a destination alone has that one key; a
// group or consumer called "streams" is not mistaken for the option. Stateless; any thread. Never
// reads outside of `args`.
#pragma once

#include <cstdint>
#include <vector>

#include "wire/command_table.h"

namespace slotway::wire {

struct KeyPosition {
  uint32_t index;  // into args
  uint32_t flags;  // KeyFlag
};

enum class KeyExtraction : uint8_t {
  kOk,       // at least one key
  kNoKeys,   // the command takes no key arguments, or says that it brings none (EVAL with a 0)
  kInvalid,  // no keys where there must be some: a count that is no number, is 0 or negative, or is
             // more than there are arguments; an option that is missing
};

// Replaces the content of `keys` by the positions of the keys in `args`, in the order of the
// specifications. Requires that the arity was checked. `keys` is the caller's, so that its memory
// is used again; at most args.size() entries; empty unless kOk.
KeyExtraction extract_keys(const CommandSpec& spec, Args args, std::vector<KeyPosition>& keys);

// The keys args[first], args[first + step], ... up to args[last].
struct PlainKeyPositions {
  size_t first;
  size_t last;
  size_t step;
};

// The same positions without looking at the arguments and without a vector. Requires
// command.plain_keys, and that the arity was checked for `count` arguments, the name included.
inline PlainKeyPositions plain_key_positions(const Command& command, size_t count) {
  const KeyRange& range = command.key_range;
  const auto last = static_cast<size_t>(range.last);  // negative: wraps to the right sum
  return {static_cast<size_t>(range.first), range.last < 0 ? count + last : last,
          static_cast<size_t>(range.step)};
}

// The first option in `args` that the proxy does not carry out; null if there is none. The walk
// ends at a word that is no option: STREAMS, or what the server will call a syntax error.
const OptionSpec* refused_option(const CommandSpec& spec, Args args);

// What a row's key specifications come to, for the table.
KeyRange key_range_of(const CommandSpec& spec);
bool has_plain_keys(const CommandSpec& spec);
// False if all that its specifications find are channels.
bool takes_keys(const CommandSpec& spec);

}  // namespace slotway::wire
