// SortPattern: where BY and GET of SORT find a value for an element: at the key, or in the hash's
// field, whose name is the pattern with the element in place of its first '*'.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "backend/engine/database.h"
#include "backend/types/listpack.h"
#include "backend/types/string_value.h"

namespace slotway::backend {

class SortPattern {
 public:
  // `text` must outlive this. "#" stands for the element itself.
  explicit SortPattern(std::string_view text);

  // Whether the element matters to it.
  bool has_star() const { return kind_ == Kind::kKey || kind_ == Kind::kField; }
  // Good until the next call. None: there is no such value, or it has another type.
  std::optional<std::string_view> find(Database& database, std::string_view element);

 private:
  enum class Kind : uint8_t { kNothing, kElement, kKey, kField };

  Kind kind_;
  std::string_view before_;  // of the key: what stands before the '*'
  std::string_view behind_;
  std::string_view field_;
  std::string key_;
  NumberText number_;
  listpack::ElementText text_;
};

}  // namespace slotway::backend
