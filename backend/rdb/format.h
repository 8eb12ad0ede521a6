// The numbers of the RDB format, version 10.
#pragma once

#include <cstddef>
#include <cstdint>

namespace slotway::backend {

inline constexpr uint16_t kRdbVersion = 10;

// What a value is written as: the first byte of a payload.
enum class RdbType : uint8_t {
  kString = 0,
  kList = 1,  // before version 3.2 of Redis
  kSet = 2,
  kSortedSetText = 3,  // scores as text
  kHash = 4,
  kSortedSet = 5,
  kHashZipmap = 9,
  kListZiplist = 10,
  kSetIntset = 11,
  kSortedSetZiplist = 12,
  kHashZiplist = 13,
  kListZiplists = 14,
  kHashListpack = 16,
  kSortedSetListpack = 17,
  kListListpacks = 18,
};

// The two upper bits of the first byte of a length, or the whole of it.
inline constexpr uint8_t kLength6 = 0;
inline constexpr uint8_t kLength14 = 1;
inline constexpr uint8_t kLengthSpecial = 3;  // a string in another form: one of the next
inline constexpr uint8_t kLength32 = 0x80;
inline constexpr uint8_t kLength64 = 0x81;

inline constexpr uint8_t kStringInt8 = 0;
inline constexpr uint8_t kStringInt16 = 1;
inline constexpr uint8_t kStringInt32 = 2;
inline constexpr uint8_t kStringLzf = 3;

// The nodes of a kListListpacks.
inline constexpr uint64_t kPlainNode = 1;   // one long element
inline constexpr uint64_t kPackedNode = 2;  // a listpack

}  // namespace slotway::backend
