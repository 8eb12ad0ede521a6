#include "proxy/cli/table.h"

#include <algorithm>

#include "proxy/cli/text.h"

namespace slotway::proxy::cli {

namespace {

constexpr size_t kGap = 2;  // spaces between two columns

}  // namespace

std::vector<size_t> Table::widths(size_t width) const {
  std::vector<size_t> widths;
  size_t sum = 0;
  for (size_t i = 0; i < columns_.size(); ++i) {
    size_t most = columns_of(columns_[i].title);
    for (const auto& row : rows_) most = std::max(most, columns_of(row[i]));
    widths.push_back(most);
    sum += most + (i > 0 ? kGap : 0);
  }
  if (sum > width) {
    const size_t least = std::min(widths[0], kLeastFirst);
    widths[0] = std::max(least, widths[0] - std::min(widths[0], sum - width));
  }
  return widths;
}

std::vector<std::string> Table::lines(size_t width) const {
  const std::vector<size_t> widths = this->widths(width);
  const auto line = [&](const auto& cell_of) {
    std::string text;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) text.append(kGap, ' ');
      const std::string cell = cut(cell_of(i), widths[i]);
      text += columns_[i].side == Column::Side::kLeft ? pad_right(cell, widths[i])
                                                      : pad_left(cell, widths[i]);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return cut(text, width);
  };
  std::vector<std::string> lines = {line([&](size_t i) { return columns_[i].title; })};
  for (const auto& row : rows_) lines.push_back(line([&](size_t i) { return row[i]; }));
  return lines;
}

}  // namespace slotway::proxy::cli
