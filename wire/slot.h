// Key slots, exactly as in Redis Cluster: CRC16 of the key, or of its hash tag, modulo 16,384.
// Source: "Redis cluster specification", sections "Key distribution model" and "Hash tags".
#pragma once

#include <cstdint>
#include <string_view>

namespace slotway::wire {

inline constexpr uint16_t kSlotCount = 16384;
using Slot = uint16_t;

// CRC-16/XMODEM: polynomial 0x1021, initial value 0, nothing reflected.
uint16_t crc16(std::string_view bytes);

// The part of the key that is hashed: what stands between the first '{' and the first '}' behind
// it, if that is not empty; the whole key otherwise.
std::string_view hashed_part(std::string_view key);

inline Slot slot_of_key(std::string_view key) { return crc16(hashed_part(key)) % kSlotCount; }

}  // namespace slotway::wire
