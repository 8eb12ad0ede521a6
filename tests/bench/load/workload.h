// Workload: which command is the next one of a run.
//
// Command number i of a run follows from the seed and i alone, so that two runs send the same
// commands, although not on the same connections. Immutable; any thread.
#pragma once

#include <array>
#include <cstdint>

#include "tests/bench/load/key_values.h"

namespace slotway::load {

struct Command {
  enum class Kind : uint8_t { kGet, kSet, kIncr, kMget, kMset, kDel, kPing, kEcho };
  static constexpr size_t kManyKeys = 3;  // of MGET and MSET

  Kind kind = Kind::kPing;
  std::array<KeyNumber, kManyKeys> keys = {};  // as many as the command takes
};

class Workload {
 public:
  enum class Mix : uint8_t {
    kGet,
    kSet,
    kMixed,  // GET, SET, INCR of a counter of the connection, MGET, MSET, DEL
    kFill,   // SET of key i
  };

  // Over keys 0 to `keys` - 1; requires one at least.
  Workload(Mix mix, KeyNumber keys, uint64_t seed) : mix_(mix), keys_(keys), seed_(seed) {}

  Command command(uint64_t number) const;

 private:
  Mix mix_;
  KeyNumber keys_;
  uint64_t seed_;
};

}  // namespace slotway::load
