// SHA-256 (FIPS 180-4): what the passwords of clients are known by. Any thread.
#pragma once

#include <array>
#include <string_view>

namespace slotway::wire {

// The 32 bytes of the digest, in the order in which they are printed.
using Sha256 = std::array<char, 32>;

Sha256 sha256(std::string_view bytes);

}  // namespace slotway::wire
