// Counters: the greatest value that any connection has seen of each shared counter, so that a reply
// that goes back, or comes twice, is seen although many connections count. Owned by the driver; one
// thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "tests/bench/load/key_values.h"

namespace slotway::load {

class Counters {
 public:
  // 0 if none was seen.
  int64_t greatest(KeyNumber number) const { return number < seen_.size() ? seen_[number] : 0; }
  void saw(KeyNumber number, int64_t count) {
    if (number >= seen_.size()) seen_.resize(std::max(size_t{number} + 1, 2 * seen_.size()));
    seen_[number] = std::max(seen_[number], count);
  }

 private:
  std::vector<int64_t> seen_;
};

}  // namespace slotway::load
