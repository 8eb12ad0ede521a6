// What the fuzz targets share: a loud stop, and how an input says in which pieces it is fed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace slotway::fuzz {

// Ends the run with a message: the fuzzer keeps the input.
inline void require(bool holds, std::string_view promise) {
  if (holds) return;
  std::fprintf(stderr, "broken: %.*s\n", static_cast<int>(promise.size()), promise.data());
  std::abort();
}

// The first byte of an input chooses options and the way of cutting; the rest is the stream.
class StreamInput {
 public:
  StreamInput(const uint8_t* data, size_t size)
      : choice_(size > 0 ? data[0] : 0),
        stream_(size > 0 ? std::string_view(reinterpret_cast<const char*>(data) + 1, size - 1)
                         : std::string_view()) {}

  std::string_view stream() const { return stream_; }
  // Bit `n` of the choice.
  bool option(int n) const { return (choice_ >> n & 1) != 0; }

  // Gives the size of each piece, from 1 to 64, the same for the same choice.
  auto pieces() const {
    return [state = uint32_t{choice_}]() mutable {
      state = state * 1664525 + 1013904223;
      const uint32_t most = 1u << (state >> 16 & 0xff) % 7;
      return size_t{1} + (state >> 24) % most;
    };
  }

 private:
  uint8_t choice_;
  std::string_view stream_;
};

}  // namespace slotway::fuzz
