#include "wire/slot.h"

#include <doctest/doctest.h>

#include <string>

namespace slotway::wire {

TEST_CASE("crc16 gives the check value of CRC-16/XMODEM") {
  CHECK(crc16("123456789") == 0x31c3);
  CHECK(crc16("") == 0);
}

TEST_CASE("crc16 by slices equals crc16 bit by bit, at every length") {
  std::string bytes;
  for (int n = 0; n < 67; ++n) {
    unsigned crc = 0;
    for (unsigned char c : bytes) {
      crc ^= c << 8;
      for (int bit = 0; bit < 8; ++bit)
        crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
    }
    CHECK(crc16(bytes) == crc);
    bytes.push_back(static_cast<char>(n * 37 + 11));
  }
}

TEST_CASE("only the first non-empty hash tag counts") {
  using namespace std::string_view_literals;
  CHECK(hashed_part("user:{42}:name") == "42");
  CHECK(hashed_part("{}{a}") == "{}{a}");
  CHECK(hashed_part("{") == "{");
  CHECK(hashed_part("{}") == "{}");
  CHECK(hashed_part("") == "");
  CHECK(hashed_part("a{b}c{d}") == "b");
  CHECK(hashed_part("a{{b}}") == "{b");
  CHECK(hashed_part("}a{b") == "}a{b");
  CHECK(hashed_part("x{\0\r\n}y"sv) == "\0\r\n"sv);
  CHECK(slot_of_key("foo") == 12182);
  CHECK(slot_of_key("{foo}bar") == 12182);
}

}  // namespace slotway::wire
