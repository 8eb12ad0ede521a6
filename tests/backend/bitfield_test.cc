#include "backend/types/bitfield.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

#include "backend/types/bits.h"

namespace slotway::backend {

TEST_CASE("types are i1 to i64 and u1 to u63") {
  CHECK(parse_field_type("i64")->least() == INT64_MIN);
  CHECK(parse_field_type("i64")->most() == INT64_MAX);
  CHECK(parse_field_type("u63")->least() == 0);
  CHECK(parse_field_type("u63")->most() == INT64_MAX);
  CHECK(parse_field_type("i1")->least() == -1);
  CHECK(parse_field_type("i1")->most() == 0);
  CHECK(parse_field_type("u1")->most() == 1);
  CHECK(parse_field_type("i8")->least() == -128);
  CHECK(parse_field_type("u8")->most() == 255);
  for (const char* text : {"", "i", "u", "8", "u64", "i65", "i0", "u-1", "i08", "I8", "u8x", " u8",
                           "u99999999999999999999"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_field_type(text));
  }
}

TEST_CASE("fields are read and written bit by bit, and nothing beside them") {
  std::mt19937_64 random(1);
  for (int round = 0; round < 20'000; ++round) {
    const bool is_signed = random() % 2 == 0;
    const FieldType type{is_signed, static_cast<uint8_t>(1 + random() % (is_signed ? 64 : 63))};
    const uint64_t offset = random() % 80;
    std::string bytes(bytes_for_field(offset, type) + random() % 3, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    const std::string old = bytes;
    const auto value = static_cast<int64_t>(random());
    write_field(bytes.data(), offset, type, value);
    for (uint64_t i = 0; i < bytes.size() * 8; ++i) {
      const bool inside = i >= offset && i < offset + type.width;
      const bool expected = inside
                                ? static_cast<uint64_t>(value) >> (offset + type.width - 1 - i) & 1
                                : bit_at(old, i);
      REQUIRE(bit_at(bytes, i) == expected);
    }
    const auto unused = static_cast<unsigned>(64 - type.width);
    const auto shifted = static_cast<uint64_t>(value) << unused;
    const int64_t expected = is_signed ? static_cast<int64_t>(shifted) >> unused
                                       : static_cast<int64_t>(shifted >> unused);
    REQUIRE(read_field(bytes, offset, type) == expected);
    // As much of it as there is; the rest is zeros.
    const std::string cut = bytes.substr(0, random() % bytes.size());
    std::string padded = cut;
    padded.resize(bytes.size(), '\0');
    REQUIRE(read_field(cut, offset, type) == read_field(padded, offset, type));
  }
  CHECK(read_field({}, 1ull << 40, {true, 64}) == 0);
}

TEST_CASE("what does not fit is wrapped, limited or refused") {
  const FieldType u8{false, 8};
  const FieldType i8{true, 8};
  const FieldType i64{true, 64};
  const FieldType u63{false, 63};
  CHECK(fit_field(u8, 255, Overflow::kFail) == 255);
  CHECK_FALSE(fit_field(u8, 256, Overflow::kFail));
  CHECK(fit_field(u8, 257, Overflow::kWrap) == 1);
  CHECK(fit_field(u8, -1, Overflow::kWrap) == 255);
  CHECK(fit_field(u8, -1, Overflow::kSaturate) == 255);
  CHECK(fit_field(i8, 128, Overflow::kWrap) == -128);
  CHECK(fit_field(i8, -129, Overflow::kSaturate) == -128);
  CHECK(fit_field(i8, INT64_MIN + 128, Overflow::kSaturate) == -128);
  CHECK(fit_field(i8, INT64_MIN + 127, Overflow::kSaturate) == 127);
  CHECK(fit_field(i8, 1000, Overflow::kSaturate) == 127);
  CHECK(add_to_field(u8, 250, 5, Overflow::kFail) == 255);
  CHECK(add_to_field(u8, 250, 6, Overflow::kWrap) == 0);
  CHECK(add_to_field(u8, 5, -6, Overflow::kSaturate) == 0);
  CHECK(add_to_field(u8, 5, -6, Overflow::kWrap) == 255);
  CHECK(add_to_field(u63, INT64_MAX, INT64_MAX, Overflow::kSaturate) == INT64_MAX);
  CHECK(add_to_field(u63, INT64_MAX, 1, Overflow::kWrap) == 0);
  CHECK(add_to_field(u63, 0, INT64_MIN, Overflow::kSaturate) == 0);
  CHECK(add_to_field(i64, INT64_MAX, 1, Overflow::kWrap) == INT64_MIN);
  CHECK(add_to_field(i64, INT64_MAX, 1, Overflow::kSaturate) == INT64_MAX);
  CHECK(add_to_field(i64, INT64_MIN, -1, Overflow::kSaturate) == INT64_MIN);
  CHECK_FALSE(add_to_field(i64, INT64_MIN, INT64_MIN, Overflow::kFail));
  CHECK(add_to_field(i8, -128, INT64_MAX, Overflow::kWrap) == 127);
}

}  // namespace slotway::backend
