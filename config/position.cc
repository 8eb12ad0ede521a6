#include "config/position.h"

#include <algorithm>

namespace slotway::config {

std::string place_text(std::string_view file_name, Position at) {
  std::string text(file_name);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, '?');
  return text + ':' + std::to_string(at.line) + ':' + std::to_string(at.column);
}

}  // namespace slotway::config
