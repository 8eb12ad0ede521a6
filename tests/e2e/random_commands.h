// RandomCommands: commands on a small set of keys, so that they meet each other's values; the same
// for the same seed.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "tests/support/resp_client.h"

namespace slotway::tests {

class RandomCommands {
 public:
  explicit RandomCommands(uint32_t seed) : random_(seed) {}

  // A command whose reply depends on the commands before it and on nothing else.
  Command next();
  size_t below(size_t bound) { return random_() % bound; }

 private:
  Command string_command();
  Command key_command();
  Command several_keys();
  Command wrong();
  Command other_type();
  std::string key();
  std::string value();
  std::string number(int bound);

  std::mt19937 random_;
};

}  // namespace slotway::tests
