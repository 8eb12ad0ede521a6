#include "backend/rdb/crc64.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

namespace slotway::backend {

namespace {

constexpr uint64_t kReflected = 0x95ac9329ac4bc9b5;
constexpr size_t kSlices = 8;

using Tables = std::array<std::array<uint64_t, 256>, kSlices>;

// tables[n][b]: what byte b does to the sum when n bytes follow it.
constexpr Tables make_tables() {
  Tables tables{};
  for (uint64_t byte = 0; byte < 256; ++byte) {
    uint64_t sum = byte;
    for (int bit = 0; bit < 8; ++bit) sum = sum & 1 ? sum >> 1 ^ kReflected : sum >> 1;
    tables[0][byte] = sum;
  }
  for (size_t slice = 1; slice < kSlices; ++slice) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint64_t before = tables[slice - 1][byte];
      tables[slice][byte] = tables[0][before & 0xff] ^ before >> 8;
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

}  // namespace

uint64_t crc64(std::string_view bytes) {
  uint64_t sum = 0;
  // Eight bytes at a time: the look-ups of one step do not wait for each other.
  while (std::endian::native == std::endian::little && bytes.size() >= kSlices) {
    uint64_t next;
    std::memcpy(&next, bytes.data(), sizeof next);
    next ^= sum;
    sum = 0;
    for (size_t i = 0; i < kSlices; ++i) sum ^= kTables[kSlices - 1 - i][next >> (8 * i) & 0xff];
    bytes.remove_prefix(kSlices);
  }
  for (const char c : bytes) sum = kTables[0][(sum ^ static_cast<uint8_t>(c)) & 0xff] ^ sum >> 8;
  return sum;
}

}  // namespace slotway::backend
