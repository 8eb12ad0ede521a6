// A field of what INFO or CLIENT LIST says.
#pragma once

#include <string>

namespace slotway::tests {

// What stands behind `name`, "field=" or "field:", up to the next blank or the end of the line.
inline std::string field_of(const std::string& text, const std::string& name) {
  const size_t at = text.find(name);
  if (at == std::string::npos) return "absent";
  const size_t begin = at + name.size();
  return text.substr(begin, text.find_first_of(" \r\n", begin) - begin);
}

}  // namespace slotway::tests
