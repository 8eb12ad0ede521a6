#include "proxy/fanout/reply_cursor.h"

#include <doctest/doctest.h>

namespace slotway::proxy {

TEST_CASE("a cursor walks arrays of every kind of element") {
  ReplyCursor cursor("*4\r\n$3\r\nabc\r\n:-7\r\n*2\r\n+x\r\n$-1\r\n$0\r\n\r\n");
  CHECK(cursor.enter_array() == 4);
  CHECK(cursor.string() == "abc");
  CHECK(cursor.integer() == -7);
  CHECK(cursor.element() == "*2\r\n+x\r\n$-1\r\n");
  CHECK(cursor.element() == "$0\r\n\r\n");
  CHECK(cursor.at_end());
  CHECK(cursor.element().empty());
}

TEST_CASE("a verbatim string is a string without its format") {
  CHECK(ReplyCursor("=8\r\ntxt:text\r\n").string() == "text");
  CHECK(ReplyCursor("=4\r\ntxt:\r\n").string() == "");
  CHECK(ReplyCursor("=2\r\ntx\r\n").string() == "");
  CHECK_FALSE(ReplyCursor("=9\r\ntxt:").string());
}

TEST_CASE("an element of another type is no value, and nothing is read outside") {
  CHECK_FALSE(ReplyCursor(":1\r\n").string());
  CHECK_FALSE(ReplyCursor("$3\r\nabc\r\n").integer());
  CHECK_FALSE(ReplyCursor("+OK\r\n").enter_array());
  CHECK_FALSE(ReplyCursor("$-1\r\n").string());
  CHECK_FALSE(ReplyCursor("$9\r\nab").string());
  CHECK_FALSE(ReplyCursor("*1").enter_array());
  CHECK_FALSE(ReplyCursor("").integer());
}

TEST_CASE("a map is entered in the form of either protocol") {
  ReplyCursor map("%1\r\n$4\r\nname\r\n:7\r\n");
  CHECK(map.enter_map() == 1);
  CHECK(map.string() == "name");
  CHECK(map.integer() == 7);
  CHECK(ReplyCursor("*4\r\n").enter_map() == 2);
  CHECK(ReplyCursor("%0\r\n").enter_map() == 0);
  CHECK_FALSE(ReplyCursor("*-1\r\n").enter_map());
  CHECK_FALSE(ReplyCursor("~2\r\n").enter_map());
  CHECK_FALSE(ReplyCursor("$2\r\nab\r\n").enter_map());
}

}  // namespace slotway::proxy
