#include "wire/utf8.h"

#include <doctest/doctest.h>

namespace slotway::wire {

TEST_CASE("what is UTF-8, and what is not") {
  for (const char* text : {"", "key", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x8c\xb9", "\x7f\n",
                           "\xef\xbf\xbf", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"}) {
    CAPTURE(text);
    CHECK(is_utf8(text));
  }
  for (const char* text :
       {"\xff", "\x80", "\xc3", "\xc3(", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe2\x82",
        "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "a\xff"}) {
    CAPTURE(text);
    CHECK_FALSE(is_utf8(text));
  }
}

TEST_CASE("what is no UTF-8 is shown in ASCII, and can be told from what is") {
  CHECK(as_utf8("\xc3\xa9\n") == "\xc3\xa9\n");
  CHECK(as_utf8("\xff") == "\\xff");
  CHECK(as_utf8("a\n\xff\\") == "a\\x0a\\xff\\\\");
  CHECK(as_utf8("\xc3\xa9\xff") == "\\xc3\\xa9\\xff");
}

}  // namespace slotway::wire
