// Small things about the words of the protocol.
#pragma once

#include <cstddef>
#include <string>
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

// A client's text as an error line may quote it: up to the first NUL, and not too much of it.
inline std::string excerpt(std::string_view text, size_t limit = 128) {
  text = text.substr(0, limit);
  return std::string(text.substr(0, text.find('\0')));
}

// What is no printable ASCII as \xHH, a backslash as two.
inline std::string printable(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\') {
      text += "\\\\";
    } else if (byte >= 0x20 && byte < 0x7f) {
      text += c;
    } else {
      text += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return text;
}

}  // namespace slotway::wire
