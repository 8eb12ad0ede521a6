// Strict decimal numbers, as Redis reads them: an optional '-', digits without a leading zero,
// nothing else, no overflow.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace slotway::wire {

inline std::optional<int64_t> parse_integer(std::string_view text) {
  const size_t digits = !text.empty() && text[0] == '-' ? 1 : 0;
  if (text.size() == digits || (text[digits] == '0' && text.size() > 1)) return std::nullopt;
  if (text[digits] < '0' || text[digits] > '9') return std::nullopt;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace slotway::wire
