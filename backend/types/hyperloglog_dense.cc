#include "backend/types/hyperloglog_dense.h"

#include <array>
#include <bit>
#include <cstring>

namespace slotway::backend {

namespace {

static_assert(std::endian::native == std::endian::little, "values are read as they lie");

// Eight registers at a time: six bytes, or all bytes of a word.
constexpr size_t kGroup = 8;       // registers
constexpr size_t kGroupBytes = 6;  // that they take

uint64_t unpack(const char* from) {
  uint64_t bits = 0;
  std::memcpy(&bits, from, kGroupBytes);
  bits = (bits & 0xffffff) | (bits & 0xffffff000000) << 8;
  bits = (bits & 0x00000fff00000fff) | (bits & 0x00fff00000fff000) << 4;
  return (bits & 0x003f003f003f003f) | (bits & 0x0fc00fc00fc00fc0) << 2;
}

void pack(uint64_t bits, char* to) {
  bits = (bits & 0x003f003f003f003f) | (bits & 0x3f003f003f003f00) >> 2;
  bits = (bits & 0x00000fff00000fff) | (bits & 0x0fff00000fff0000) >> 4;
  bits = (bits & 0xffffff) | (bits & 0xffffff00000000) >> 8;
  std::memcpy(to, &bits, kGroupBytes);
}

// The larger one of each two bytes, all of them below 128.
uint64_t larger_bytes(uint64_t a, uint64_t b) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  const uint64_t not_less = ((a | kHighBits) - b) & kHighBits;  // where a >= b
  const uint64_t mask = (not_less >> 7) * 0xff;
  return (a & mask) | (b & ~mask);
}

// Calls visit(index of the first, the registers as bytes of a word) for all groups.
template <typename Visit>
void for_each_group(std::string_view value, Visit&& visit) {
  const char* from = value.data() + kHllHeader;
  for (size_t i = 0; i < kHllRegisters; i += kGroup, from += kGroupBytes) visit(i, unpack(from));
}

// Counts words of eight registers. Each of the eight has counts of its own, so that registers of
// the same value do not wait for each other.
class WordCounts {
 public:
  void add(uint64_t word) {
    for (size_t i = 0; i < kGroup; ++i) ++counts_[i][word >> 8 * i & 0x3f];
  }
  HllHistogram sum() const {
    HllHistogram sum{};
    for (const auto& counts : counts_) {
      for (size_t value = 0; value < sum.size(); ++value) sum[value] += counts[value];
    }
    return sum;
  }

 private:
  std::array<std::array<uint16_t, 64>, kGroup> counts_{};
};

}  // namespace

uint8_t hll_dense_register(std::string_view value, uint32_t index) {
  const char* const group = value.data() + kHllHeader + index / kGroup * kGroupBytes;
  return static_cast<uint8_t>(unpack(group) >> 8 * (index % kGroup));
}

bool raise_hll_dense(char* value, HllElement element) {
  char* const group = value + kHllHeader + element.index / kGroup * kGroupBytes;
  const unsigned shift = 6 * (element.index % kGroup);
  uint64_t bits = 0;
  std::memcpy(&bits, group, kGroupBytes);
  if ((bits >> shift & 0x3f) >= element.rank) return false;
  bits = (bits & ~(uint64_t{0x3f} << shift)) | uint64_t{element.rank} << shift;
  std::memcpy(group, &bits, kGroupBytes);
  return true;
}

void set_hll_dense(char* value, const HllRegisters& registers) {
  char* to = value + kHllHeader;
  for (size_t i = 0; i < kHllRegisters; i += kGroup, to += kGroupBytes) {
    uint64_t word;
    std::memcpy(&word, registers.values.data() + i, sizeof word);
    pack(word, to);
  }
}

void merge_hll_dense(HllRegisters& registers, std::string_view value) {
  uint8_t* const values = registers.values.data();
  for_each_group(value, [&](size_t first, uint64_t word) {
    uint64_t old;
    std::memcpy(&old, values + first, sizeof old);
    word = larger_bytes(word, old);
    std::memcpy(values + first, &word, sizeof word);
  });
}

HllHistogram count_hll_dense(std::string_view value) {
  WordCounts counts;
  for_each_group(value, [&](size_t, uint64_t word) { counts.add(word); });
  return counts.sum();
}

HllHistogram count_hll_registers(const HllRegisters& registers) {
  WordCounts counts;
  for (size_t i = 0; i < kHllRegisters; i += kGroup) {
    uint64_t word;
    std::memcpy(&word, registers.values.data() + i, sizeof word);
    counts.add(word);
  }
  return counts.sum();
}

}  // namespace slotway::backend
