#include "wire/info_text.h"

#include <doctest/doctest.h>

namespace slotway::wire {

TEST_CASE("sections are set apart by an empty line") {
  InfoText text;
  text.section("First");
  text.line("name", "value");
  text.line("number", -7);
  text.section("Second");
  text.line("size", size_t{8});
  const std::string wanted = "# First\r\nname:value\r\nnumber:-7\r\n\r\n# Second\r\nsize:8\r\n";
  CHECK(text.text() == wanted);
  CHECK(text.take() == wanted);
}

}  // namespace slotway::wire
