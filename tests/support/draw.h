// Draw: random numbers and words for commands; the same ones for the same seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>

namespace slotway::tests {

class Draw {
 public:
  explicit Draw(uint64_t seed) : random_(seed) {}

  uint64_t below(uint64_t n) { return random_() % n; }
  // True once in `n` times.
  bool once_in(uint64_t n) { return below(n) == 0; }
  template <size_t N>
  std::string any(const char* const (&choices)[N]) {
    return choices[below(N)];
  }
  std::string any(std::initializer_list<std::string> choices) {
    return *(choices.begin() + below(choices.size()));
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace slotway::tests
