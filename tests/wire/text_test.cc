#include "wire/text.h"

#include <doctest/doctest.h>

#include <string>

namespace slotway::wire {

TEST_CASE("words are compared in any case, in ASCII alone") {
  CHECK(equal_ignoring_case("GeT", "get"));
  CHECK(equal_ignoring_case("", ""));
  CHECK_FALSE(equal_ignoring_case("get", "gets"));
  CHECK_FALSE(equal_ignoring_case("get", "got"));
  CHECK_FALSE(equal_ignoring_case("[", "{"));
}

TEST_CASE("an excerpt is short and ends in front of a NUL") {
  CHECK(excerpt("word") == "word");
  CHECK(excerpt(std::string("wo\0rd", 5)) == "wo");
  CHECK(excerpt(std::string(1000, 'x')) == std::string(128, 'x'));
  CHECK(excerpt("word", 3) == "wor");
}

}  // namespace slotway::wire
