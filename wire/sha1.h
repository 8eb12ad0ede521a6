// SHA-1 (FIPS 180-4): what Lua scripts are known by. Any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string_view>

namespace slotway::wire {

// The 20 bytes of the digest, in the order in which they are printed.
using Sha1 = std::array<char, 20>;

Sha1 sha1(std::string_view bytes);

// Of 40 hexadecimal digits in any case; nothing for any other text.
std::optional<Sha1> parse_sha1(std::string_view text);

// Its bytes are as good as random.
struct Sha1Hash {
  size_t operator()(const Sha1& digest) const {
    size_t hash;
    std::memcpy(&hash, digest.data(), sizeof hash);
    return hash;
  }
};

}  // namespace slotway::wire
