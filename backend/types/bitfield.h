// Bit fields: integers of 1 to 64 bits that stand anywhere in a string of bytes, as BITFIELD sees
// them: most significant bit first, with the offsets of types/bits.h. No state; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace slotway::backend {

struct FieldType {
  bool is_signed;
  uint8_t width;  // bits: 1 to 64, of an unsigned one to 63

  int64_t least() const { return is_signed ? INT64_MIN >> (64 - width) : 0; }
  int64_t most() const { return INT64_MAX >> ((is_signed ? 64 : 63) - width); }
};

// "i64", "u8"; what comes behind a zero byte does not count, as in Redis.
std::optional<FieldType> parse_field_type(std::string_view text);

// Bytes that a string must have to hold the field.
inline uint64_t bytes_for_field(uint64_t offset, FieldType type) {
  return (offset + type.width - 1) / 8 + 1;
}

// Beyond the end of the bytes, bits are clear.
int64_t read_field(std::string_view bytes, uint64_t offset, FieldType type);
// Writes the low bits of `value`. Touches no byte from bytes_for_field() on.
void write_field(char* bytes, uint64_t offset, FieldType type, int64_t value);

// What becomes of a number that the type cannot hold.
enum class Overflow : uint8_t { kWrap, kSaturate, kFail };

// What to write for `value`. None: it does not fit, and must not be written.
std::optional<int64_t> fit_field(FieldType type, int64_t value, Overflow overflow);
// The same for `value` + `change`, where the type can hold `value`.
std::optional<int64_t> add_to_field(FieldType type, int64_t value, int64_t change,
                                    Overflow overflow);

}  // namespace slotway::backend
