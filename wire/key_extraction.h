// Which arguments of a command are keys.
//
// Follows the row's key specifications; commands whose specifications are incomplete (SORT's STORE,
// MIGRATE's KEYS, XREADGROUP's STREAMS, numkeys forms) are completed here, so that the answer is the one
// of Redis's COMMAND GETKEYS. Stateless; any thread. Never reads outside of `args`.
#pragma once

#include <cstdint>
#include <vector>

#include "wire/command_table.h"
#include "wire/result.h"

namespace slotway::wire {

struct KeyPosition {
  uint32_t index;  // into args
  uint32_t flags;  // KeyFlag
};

enum class KeyExtraction : uint8_t {
  kOk,
  kNoKeys,   // the command takes no key arguments
  kInvalid,  // numkeys is no number, or counts more keys than there are arguments
};

// Replaces the content of `keys` by the positions of the keys in `args`, in the order of the
// specifications. Requires that the arity was checked. `keys` is the caller's, so that its memory
// is used again; at most args.size() entries.
KeyExtraction extract_keys(const CommandSpec& spec, Args args, std::vector<KeyPosition>& keys);

}  // namespace slotway::wire
