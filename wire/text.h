// Small comparisons of protocol words.
#pragma once

#include <cstddef>
#include <string_view>

namespace slotway::wire {

// ASCII only, as the protocol's words are. `lower` is in lower case.
inline bool equal_ignoring_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c) != lower[i]) return false;
  }
  return true;
}

}  // namespace slotway::wire
