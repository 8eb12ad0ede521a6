#include "backend/types/bitfield.h"

#include <algorithm>
#include <cstring>

#include "wire/number.h"

namespace slotway::backend {

namespace {

// The low bits of `bits` as the type reads them.
int64_t of_width(FieldType type, uint64_t bits) {
  const unsigned unused = 64u - type.width;
  bits <<= unused;
  return type.is_signed ? static_cast<int64_t>(bits) >> unused
                        : static_cast<int64_t>(bits >> unused);
}

std::optional<int64_t> limited(FieldType type, uint64_t bits, bool above, Overflow overflow) {
  if (overflow == Overflow::kFail) return std::nullopt;
  if (overflow == Overflow::kSaturate) return above ? type.most() : type.least();
  return of_width(type, bits);
}

}  // namespace

std::optional<FieldType> parse_field_type(std::string_view text) {
  text = text.substr(0, text.find('\0'));
  if (text.empty() || (text[0] != 'i' && text[0] != 'u')) return std::nullopt;
  const bool is_signed = text[0] == 'i';
  const auto width = wire::parse_integer(text.substr(1));
  if (!width || *width < 1 || *width > (is_signed ? 64 : 63)) return std::nullopt;
  return FieldType{is_signed, static_cast<uint8_t>(*width)};
}

int64_t read_field(std::string_view bytes, uint64_t offset, FieldType type) {
  // A field of 64 bits may begin inside of a byte and so stand in nine.
  uint8_t window[9] = {};
  const uint64_t first = offset / 8;
  if (first < bytes.size()) {
    std::memcpy(window, bytes.data() + first, std::min(sizeof window, bytes.size() - first));
  }
  uint64_t bits = 0;
  for (size_t i = 0; i < 8; ++i) bits = bits << 8 | window[i];
  const unsigned skipped = offset % 8;
  bits = bits << skipped | static_cast<unsigned>(window[8] << skipped) >> 8;
  return of_width(type, bits >> (64 - type.width));
}

void write_field(char* bytes, uint64_t offset, FieldType type, int64_t value) {
  uint64_t at = bytes_for_field(offset, type) - 1;
  // Bits of the last byte that stand behind the field.
  unsigned behind = static_cast<unsigned>(at * 8 + 8 - offset) - type.width;
  auto bits = static_cast<uint64_t>(value);
  for (unsigned left = type.width; left > 0; --at) {
    const unsigned here = std::min(left, 8 - behind);
    const unsigned mask = ((1u << here) - 1) << behind;
    const auto old = static_cast<uint8_t>(bytes[at]);
    bytes[at] = static_cast<char>((old & ~mask) | (static_cast<unsigned>(bits << behind) & mask));
    bits >>= here;
    left -= here;
    behind = 0;
  }
}

std::optional<int64_t> fit_field(FieldType type, int64_t value, Overflow overflow) {
  if (value >= type.least() && value <= type.most()) return value;
  // To an unsigned type, a negative number is a large one. In Redis so is one that is further than
  // INT64_MAX below the most that a signed type holds.
  const bool above = !type.is_signed || value > type.most() || value < type.most() - INT64_MAX;
  return limited(type, static_cast<uint64_t>(value), above, overflow);
}

std::optional<int64_t> add_to_field(FieldType type, int64_t value, int64_t change,
                                    Overflow overflow) {
  int64_t sum = 0;
  const bool leaves_64_bits = __builtin_add_overflow(value, change, &sum);
  if (!leaves_64_bits && sum >= type.least() && sum <= type.most()) return sum;
  return limited(type, static_cast<uint64_t>(value) + static_cast<uint64_t>(change), change > 0,
                 overflow);
}

}  // namespace slotway::backend
