#include "proxy/cli/text.h"

#include <doctest/doctest.h>

#include <clocale>
#include <memory>
#include <string>

namespace slotway::proxy::cli {

namespace {

// As a terminal with UTF-8 has it; the test's own afterwards.
struct Utf8Locale {
  Utf8Locale() { REQUIRE(std::setlocale(LC_CTYPE, "C.UTF-8")); }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;
  ~Utf8Locale() { std::setlocale(LC_CTYPE, "C"); }
};

}  // namespace

TEST_CASE("what could steer a terminal is escaped") {
  for (const bool is_utf8 : {false, true}) {
    CAPTURE(is_utf8);
    const auto locale = is_utf8 ? std::make_unique<Utf8Locale>() : nullptr;
    CHECK(shown("user:1") == "user:1");
    CHECK(shown("\x1b[31mred\r\n\t\x7f") == "\\x1b[31mred\\x0d\\x0a\\x09\\x7f");
    CHECK(shown({"a\0b", 3}) == "a\\x00b");
    CHECK(shown("\xff\xc3") == "\\xff\\xc3");
    CHECK(shown("\xc2\x9b") == "\\xc2\\x9b");           // U+009B, a CSI in one character
    CHECK(shown("\xe2\x80\xae") == "\\xe2\\x80\\xae");  // U+202E turns the direction
    CHECK(shown("") == "");
  }
}

TEST_CASE("characters of other languages are shown where the terminal knows them") {
  CHECK(shown("gr\xc3\xb6\xc3\x9f"
              "e") ==
        "gr\\xc3\\xb6\\xc3\\x9f"
        "e");
  const Utf8Locale locale;
  CHECK(shown("gr\xc3\xb6\xc3\x9f"
              "e") ==
        "gr\xc3\xb6\xc3\x9f"
        "e");
  CHECK(columns_of("gr\xc3\xb6\xc3\x9f"
                   "e") == 5);
  const std::string wide = "\xe9\x94\xae\xe9\x94\xae\xe9\x94\xae";  // three of two columns each
  CHECK(columns_of(wide) == 6);
  CHECK(cut(wide, 6) == wide);
  CHECK(cut(wide, 5) == wide.substr(0, 3) + "..");
  CHECK(pad_right(wide, 8) == wide + "  ");
}

TEST_CASE("texts are cut and filled up by columns") {
  CHECK(cut("abcdef", 6) == "abcdef");
  CHECK(cut("abcdef", 5) == "abc..");
  CHECK(cut("abcdef", 2) == "..");
  CHECK(cut("abcdef", 1) == ".");
  CHECK(cut("abcdef", 0) == "");
  CHECK(pad_left("ab", 4) == "  ab");
  CHECK(pad_right("ab", 4) == "ab  ");
  CHECK(pad_left("abc", 2) == "abc");
}

TEST_CASE("numbers as people read them") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1,000");
  CHECK(grouped(1234567) == "1,234,567");
  CHECK(grouped(-123456) == "-123,456");
  CHECK(bytes_text(1023) == "1023 B");
  CHECK(bytes_text(1536) == "1.5 KiB");
  CHECK(bytes_text((1 << 20) - 1) == "1.0 MiB");
  CHECK(bytes_text(uint64_t{5} << 40) == "5.0 TiB");
  CHECK(time_text(0) == "0 us");
  CHECK(time_text(999) == "999 us");
  CHECK(time_text(1250) == "1.25 ms");
  CHECK(time_text(2'100'000) == "2.10 s");
  CHECK(percent_text(0.931) == "93.1%");
  CHECK(duration_text(-1) == "0s");
  CHECK(duration_text(59) == "59s");
  CHECK(duration_text(125) == "2m 5s");
  CHECK(duration_text(4 * 3600 + 59) == "4h 0m");
  CHECK(duration_text(27 * 3600) == "1d 3h");
}

}  // namespace slotway::proxy::cli
