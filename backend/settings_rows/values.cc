#include "backend/settings_rows/values.h"

#include <charconv>

namespace slotway::backend {

std::optional<uint64_t> parse_bytes(std::string_view text) {
  struct Unit {
    std::string_view name;
    uint64_t factor;
  };
  constexpr Unit kUnits[] = {{"b", 1},           {"k", 1000},     {"kb", 1 << 10},
                             {"m", 1000'000},    {"mb", 1 << 20}, {"g", 1000'000'000},
                             {"gb", 1ull << 30}, {"", 1}};
  uint64_t number = 0;  // of no digits at all
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto parsed = std::from_chars(text.data(), text.data() + digits, number);
  if (digits > 0 && parsed.ec != std::errc()) return std::nullopt;
  for (const Unit& unit : kUnits) {
    uint64_t bytes = 0;
    if (wire::equal_ignoring_case(text.substr(digits), unit.name) &&
        !__builtin_mul_overflow(number, unit.factor, &bytes)) {
      return bytes;
    }
  }
  return std::nullopt;
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  while (true) {
    const size_t begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) return words;
    const size_t end = std::min(text.find(' ', begin), text.size());
    words.emplace_back(text.substr(begin, end - begin));
    text.remove_prefix(end);
  }
}

std::string must_lie(int64_t least, uint64_t most) {
  return "argument must be between " + std::to_string(least) + " and " + std::to_string(most) +
         " inclusive";
}

std::string must_be_one_of(std::span<const std::string_view> words) {
  std::string text = "argument(s) must be one of the following: ";
  for (const std::string_view word : words) {
    if (word.data() != words[0].data()) text += ", ";
    text += word;
  }
  return text;
}

}  // namespace slotway::backend
