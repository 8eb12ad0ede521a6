#include "config/fault.h"

#include <doctest/doctest.h>

namespace slotway::config {

TEST_CASE("the first fault counts") {
  FirstFault fault;
  CHECK(!fault.found());
  fault.note({3, 14}, "expected pie");
  fault.note({1, 1}, "later");
  CHECK(fault.found());
  CHECK(fault.error("dir/f.yaml").message == "dir/f.yaml:3:14: expected pie");
  CHECK(fault.error("dir/f.yaml").code == "config");
  CHECK(fault.error("a\r\nb").message == "a??b:3:14: expected pie");
}

TEST_CASE("text from outside stays one printable line") {
  CHECK(quoted("redis-a:1") == "'redis-a:1'");
  CHECK(quoted("") == "''");
  CHECK(quoted(std::string_view("a\r\n\0\x7f\xc3", 6)) == "'a\\x0d\\x0a\\x00\\x7f\\xc3'");
  CHECK(printable(std::string(64, 'x')) == std::string(64, 'x'));
  CHECK(printable(std::string(65, 'x')) == std::string(64, 'x') + "...");
}

}  // namespace slotway::config
