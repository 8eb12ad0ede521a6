// Table: rows of cells as lines of aligned columns, for a terminal.
//
// A plain value. Cells are safe to be shown, see text.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace slotway::proxy::cli {

struct Column {
  enum class Side { kLeft, kRight };  // to which its cells are flush

  std::string title;
  Side side = Side::kRight;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // One cell for each column.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

  // The titles and the rows. Where they are wider than `width`, the first column is cut down to
  // kLeastFirst columns, and then the end of the line.
  static constexpr size_t kLeastFirst = 12;
  std::vector<std::string> lines(size_t width = SIZE_MAX) const;

 private:
  std::vector<size_t> widths(size_t width) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace slotway::proxy::cli
