#include "metrics/http_query.h"

#include <doctest/doctest.h>

namespace slotway::metrics {

TEST_CASE("http query: names and values are decoded") {
  CHECK(parse_http_query("") == HttpQuery{});
  CHECK(parse_http_query("a=1") == HttpQuery{{"a", "1"}});
  CHECK(parse_http_query("a=1&b=%2A%3d+x&a=2") == HttpQuery{{"a", "1"}, {"b", "*= x"}, {"a", "2"}});
  CHECK(parse_http_query("%61=%00%fF") == HttpQuery{{"a", std::string("\0\xff", 2)}});
  CHECK(parse_http_query("a&b=&&=c&d=e=f&") ==
        HttpQuery{{"a", ""}, {"b", ""}, {"", "c"}, {"d", "e=f"}});
}

TEST_CASE("http query: what is not two hexadecimal digits is refused") {
  for (const char* text :
       {"%", "a=%", "a=%2", "a=%2&b=2", "a=%g1", "a=%1g", "a=%-1", "a=%+1", "%zz=1"}) {
    CAPTURE(text);
    CHECK(!parse_http_query(text));
  }
}

}  // namespace slotway::metrics
