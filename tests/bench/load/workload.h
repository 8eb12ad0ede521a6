// Workload: which command is the next one of a run.
//
// Command number i of a run follows from the seed, i and the time that has passed, which matters
// only where the load changes with time: two runs send the same commands, although not on the same
// connections. Immutable; any thread.
#pragma once

#include <array>
#include <cstdint>

#include "tests/bench/load/command.h"
#include "tests/bench/load/popularity.h"
#include "tests/bench/load/profile.h"

namespace slotway::load {

class Workload {
 public:
  // Over keys 0 to `keys` - 1; requires one at least. The exponent of `profile` is that of `shape`.
  Workload(const Profile& profile, const Popularity::Shape& shape, KeyNumber keys, uint64_t seed);

  Command command(uint64_t number, uint64_t elapsed_ns) const;
  // SET of key `number`, which writes all keys once.
  Command filling(uint64_t number) const;

 private:
  Random random(uint64_t number) const;
  Command::Kind pick(Random& random) const;
  uint32_t ttl_s(Random& random) const;

  Profile profile_;
  // Up to which number of 32 bits a share of the profile reaches.
  std::array<uint64_t, std::tuple_size_v<decltype(Profile::shares)>> up_to_ = {};
  Popularity popularity_;
  uint64_t seed_;
};

}  // namespace slotway::load
