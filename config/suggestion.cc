#include "config/suggestion.h"

#include <algorithm>
#include <array>

namespace slotway::config {

namespace {

constexpr size_t kMaxWord = 32;  // every key is shorter

// Optimal string alignment distance, three rows of its table at a time.
size_t distance(std::string_view a, std::string_view b) {
  std::array<std::array<size_t, kMaxWord + 1>, 3> rows{};
  for (size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  const auto same = [](char x, char y) { return (x == '-' ? '_' : x) == (y == '-' ? '_' : y); };
  for (size_t i = 1; i <= a.size(); ++i) {
    auto& row = rows[i % 3];
    const auto& above = rows[(i + 2) % 3];
    const auto& second_above = rows[(i + 1) % 3];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = above[j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1);
      row[j] = std::min({change, above[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], second_above[j - 2] + 1);
      }
    }
  }
  return rows[a.size() % 3][b.size()];
}

}  // namespace

std::string_view nearest_word(std::string_view text, std::span<const std::string_view> words) {
  if (text.size() > kMaxWord) return {};
  std::string_view nearest;
  size_t least = kMaxWord;
  for (const std::string_view word : words) {
    const size_t edits = distance(text, word);
    if (edits < least && edits <= std::max<size_t>(1, word.size() / 3)) {
      least = edits;
      nearest = word;
    }
  }
  return nearest;
}

}  // namespace slotway::config
