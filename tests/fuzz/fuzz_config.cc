// parse_config: any text is a configuration or an error with its place; no exception escapes.
// Input: the text of the file.
#include <cctype>
#include <string>

#include "config/load.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using slotway::fuzz::require;

// Drops ":NUMBER" from the front; false if there is none.
bool take_number(std::string_view& text) {
  if (text.empty() || text[0] != ':') return false;
  size_t end = 1;
  while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end]))) ++end;
  if (end == 1 || text[1] == '0') return false;
  text.remove_prefix(end);
  return true;
}

slotway::Result<std::string> read_password(const std::string& path) {
  if (path.size() % 2 == 0) return slotway::Error{"file", "no such file"};
  return std::string("secret\n");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = slotway::config::parse_config(text, "fuzz.yml", read_password);
  if (config.ok()) return 0;
  std::string_view message = config.error().message;
  require(message.find_first_of("\r\n") == std::string_view::npos, "an error is one line");
  require(message.starts_with("fuzz.yml"), "an error names the file");
  message.remove_prefix(8);
  require(take_number(message) && take_number(message), "an error names line and column");
  require(message.starts_with(": ") && message.size() > 2, "an error says what is wrong");
  return 0;
}
