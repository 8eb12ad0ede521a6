#include "proxy/cli/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cwchar>

namespace slotway::proxy::cli {

namespace {

constexpr std::string_view kLeftOut = "..";

struct Character {
  size_t bytes;
  int columns;  // below 1: not to be printed as it is
};

// The first of a text that is not empty.
Character first_of(std::string_view text) {
  wchar_t wide = 0;
  std::mbstate_t state{};
  const size_t bytes = std::mbrtowc(&wide, text.data(), text.size(), &state);
  if (bytes == 0 || bytes > text.size()) return {1, -1};  // NUL; no character, or only a part
  return {bytes, wcwidth(wide)};
}

// The bytes of the beginning that fits.
size_t fitting(std::string_view text, size_t columns) {
  size_t at = 0;
  while (at < text.size()) {
    const Character next = first_of(text.substr(at));
    const auto width = static_cast<size_t>(std::max(next.columns, 0));
    if (width > columns) break;
    columns -= width;
    at += next.bytes;
  }
  return at;
}

std::string spaces_beside(const std::string& text, size_t columns) {
  const size_t own = columns_of(text);
  return std::string(own < columns ? columns - own : 0, ' ');
}

}  // namespace

std::string shown(std::string_view text) {
  std::string safe;
  while (!text.empty()) {
    const Character next = first_of(text);
    for (const char c : text.substr(0, next.bytes)) {
      if (next.columns > 0) {
        safe += c;
      } else {
        safe += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
      }
    }
    text.remove_prefix(next.bytes);
  }
  return safe;
}

size_t columns_of(std::string_view text) {
  size_t columns = 0;
  while (!text.empty()) {
    const Character next = first_of(text);
    columns += static_cast<size_t>(std::max(next.columns, 0));
    text.remove_prefix(next.bytes);
  }
  return columns;
}

std::string cut(const std::string& text, size_t columns) {
  if (columns_of(text) <= columns) return text;
  const std::string_view mark = kLeftOut.substr(0, columns);
  return text.substr(0, fitting(text, columns - mark.size())) + std::string(mark);
}

std::string pad_right(const std::string& text, size_t columns) {
  return text + spaces_beside(text, columns);
}
std::string pad_left(const std::string& text, size_t columns) {
  return spaces_beside(text, columns) + text;
}

std::string grouped(int64_t number) {
  std::string text = std::to_string(number);
  const size_t first = number < 0 ? 1 : 0;
  for (size_t at = text.size(); at > first + 3;) text.insert(at -= 3, 1, ',');
  return text;
}

std::string bytes_text(uint64_t bytes) {
  constexpr std::array kUnits = {"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  auto amount = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  for (; amount >= 1023.95 && unit + 1 < kUnits.size(); ++unit) amount /= 1024;
  return fmt::format("{:.1f} {}", amount, kUnits[unit]);
}

std::string time_text(uint64_t us) {
  if (us < 1000) return fmt::format("{} us", us);
  if (us < 1'000'000) return fmt::format("{:.2f} ms", static_cast<double>(us) / 1e3);
  return fmt::format("{:.2f} s", static_cast<double>(us) / 1e6);
}

std::string percent_text(double ratio) { return fmt::format("{:.1f}%", ratio * 100); }

std::string duration_text(int64_t seconds) {
  seconds = std::max<int64_t>(seconds, 0);
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3600) return fmt::format("{}m {}s", seconds / 60, seconds % 60);
  if (seconds < 86400) return fmt::format("{}h {}m", seconds / 3600, seconds % 3600 / 60);
  return fmt::format("{}d {}h", seconds / 86400, seconds % 86400 / 3600);
}

}  // namespace slotway::proxy::cli
