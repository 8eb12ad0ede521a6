#include "proxy/command_summary.h"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace slotway::proxy {

// `slotway commands` prints what belongs between the markers.
TEST_CASE("the README's table of commands is the one of the command table") {
  std::ifstream file(SLOTWAY_SOURCE_DIR "/README.md");
  std::stringstream stream;
  stream << file.rdbuf();
  const std::string readme = stream.str();
  const size_t begin = readme.find("<!-- commands:");
  const size_t end = readme.find("<!-- end of commands -->");
  REQUIRE(begin != std::string::npos);
  REQUIRE(end != std::string::npos);
  const size_t table = readme.find('\n', begin) + 1;
  CHECK(readme.substr(table, end - table) == "\n" + command_summary() + "\n");
}

}  // namespace slotway::proxy
