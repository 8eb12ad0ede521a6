#include "wire/number.h"

#include <doctest/doctest.h>

#include <limits>
#include <string>

namespace slotway::wire {

TEST_CASE("canonical decimal numbers are read") {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  for (const int64_t value : {int64_t{0}, int64_t{1}, int64_t{-1}, int64_t{10}, int64_t{-907},
                              int64_t{2147483648}, kMax, kMax - 1, kMin, kMin + 1}) {
    CHECK(parse_integer(std::to_string(value)) == value);
  }
}

TEST_CASE("anything else is no number") {
  using namespace std::string_view_literals;
  for (const std::string_view text : {""sv,
                                      "-"sv,
                                      "+1"sv,
                                      " 1"sv,
                                      "1 "sv,
                                      "01"sv,
                                      "00"sv,
                                      "-0"sv,
                                      "-01"sv,
                                      "--1"sv,
                                      "-+1"sv,
                                      "1.0"sv,
                                      "1e3"sv,
                                      "0x1"sv,
                                      "a"sv,
                                      "1a"sv,
                                      "1\0"sv,
                                      "\0"sv,
                                      "\xff"sv,
                                      "1\r\n"sv,
                                      "9223372036854775808"sv,
                                      "-9223372036854775809"sv,
                                      "18446744073709551617"sv,
                                      "99999999999999999999999999"sv}) {
    CAPTURE(text);
    CHECK_FALSE(parse_integer(text).has_value());
  }
}

}  // namespace slotway::wire
