// The sparse registers of a HyperLogLog, as runs of equal ones:
//
//   00nnnnnn             1 to 64 registers are 0
//   01nnnnnn nnnnnnnn    1 to 16384 registers are 0
//   1vvvvvnn             1 to 4 registers are 1 to 32
//
// Each number is one more than its bits. What a change makes of the runs is the same as in Redis,
// byte by byte. Values are whole strings, header and all; offsets are from their begin. Runs can
// end beyond the last register and strings in the middle of a run: such values are read as far as
// they go, and never beyond. No state; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backend/types/hyperloglog.h"

namespace slotway::backend {

inline constexpr uint8_t kHllSparseMost = 32;  // the highest register that a run can hold

struct HllRun {
  uint32_t length;  // registers
  uint8_t value;    // of each
  uint8_t size;     // bytes of the run
};
// Requires at < value.size(). A second byte that is not there counts as zero.
HllRun hll_run_at(std::string_view value, size_t at);

// Calls visit(first register, run) for all runs. False if they are not about all registers: then
// not all of them were visited. A run that was visited ends at the last register at most.
template <typename Visit>
bool for_each_hll_run(std::string_view value, Visit&& visit) {
  uint32_t first = 0;
  for (size_t at = kHllHeader; at < value.size();) {
    const HllRun run = hll_run_at(value, at);
    if (run.length > kHllRegisters - first) return false;
    visit(first, run);
    first += run.length;
    at += run.size;
  }
  return first == kHllRegisters;
}

// The begin of a run, and the register that it begins with.
struct HllPosition {
  size_t at = kHllHeader;
  uint32_t first = 0;
};

// Where a register stands.
struct HllPlace {
  HllPosition position;
  HllRun run;
  HllPosition previous;  // the run before, or the first one if there is none
  HllPosition earlier;   // the run before that, or the first one: a change here leaves it alone
};
// Looks from `begin` on, which must not lie behind the register. None: the string ends before it.
std::optional<HllPlace> find_hll_register(std::string_view value, uint32_t index,
                                          HllPosition begin = {});

// Sets the register found at `place` to `rank`, which is higher than it is and at most
// kHllSparseMost. False, and nothing has changed, if that makes the value grow to more than
// `most_bytes`.
bool raise_hll_sparse(std::string& value, const HllPlace& place, HllElement element,
                      uint64_t most_bytes);

}  // namespace slotway::backend
