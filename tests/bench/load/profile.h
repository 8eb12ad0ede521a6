// Profile: a workload by its name: which commands in which shares, and how large and how skewed
// what they touch is. profiles() is the one list; the command line may change each figure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "tests/bench/load/command.h"

namespace slotway::load {

struct Profile {
  struct Share {
    Command::Kind kind = Command::Kind::kGet;
    double weight = 0;  // they need not add up to 1
  };

  bool sends(Command::Kind kind) const {
    for (const Share& share : shares)
      if (share.kind == kind && share.weight > 0) return true;
    return false;
  }

  std::string_view name;
  std::string_view what;  // for a person
  std::array<Share, 6> shares;
  size_t key_size = 14;         // bytes
  size_t value_size = 64;       // bytes
  uint32_t least_ttl_s = 0;     // of the values written; 0: they stay
  uint32_t greatest_ttl_s = 0;  // each gets one in between
  double zipf = 0;
};

std::span<const Profile> profiles();
// Null if there is none.
const Profile* find_profile(std::string_view name);

}  // namespace slotway::load
