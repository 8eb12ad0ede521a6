// Random: SplitMix64, numbers without a pattern, each from the one before by an addition. Source:
// Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (OOPSLA 2014). A plain
// value.
#pragma once

#include <cstdint>

namespace slotway::load {

class Random {
 public:
  explicit Random(uint64_t start) : state_(start) {}
  uint64_t next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  // 0 to `count` - 1; requires one at least. What falls short of even is 2^-32 of it.
  uint32_t below(uint32_t count) { return static_cast<uint32_t>(((next() >> 32) * count) >> 32); }
  // In [0, 1), in steps of 2^-53.
  double share() { return static_cast<double>(next() >> 11) * 0x1p-53; }

 private:
  uint64_t state_;
};

}  // namespace slotway::load
