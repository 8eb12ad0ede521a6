// Bit operations on strings of bytes: counting, searching, combining.
//
// Bit 0 is the most significant bit of the first byte, as SETBIT counts. No state; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace slotway::backend {

// Bits [first, last], with first <= last.
struct BitRange {
  uint64_t first;
  uint64_t last;
};

// Beyond the end, bits are clear.
inline bool bit_at(std::string_view bytes, uint64_t offset) {
  const uint64_t byte = offset / 8;
  return byte < bytes.size() && (static_cast<uint8_t>(bytes[byte]) >> (7 - offset % 8) & 1);
}

// How many bits are set. The range lies inside of the bytes.
uint64_t count_bits(std::string_view bytes);
uint64_t count_bits(std::string_view bytes, BitRange range);

// The first bit of the range that has this value. The range lies inside of the bytes.
std::optional<uint64_t> find_bit(std::string_view bytes, bool value, BitRange range);

enum class BitOperation : uint8_t { kAnd, kOr, kXor, kNot };

// Writes to `result` what comes out, bit by bit; sources that are too short go on with zeros.
// `size` is the length of the longest source; there is at least one, exactly one for kNot. The
// result overlaps with no source.
void combine_bits(BitOperation operation, std::span<const std::string_view> sources, char* result,
                  size_t size);

}  // namespace slotway::backend
