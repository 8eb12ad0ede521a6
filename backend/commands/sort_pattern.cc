#include "backend/commands/sort_pattern.h"

#include "backend/types/hash_value.h"

namespace slotway::backend {

SortPattern::SortPattern(std::string_view text) : kind_(Kind::kNothing) {
  // Signs that mean something are looked for before the first zero byte, as in Redis.
  const std::string_view signs = text.substr(0, text.find('\0'));
  const size_t star = signs.find('*');
  if (star == std::string_view::npos) {
    if (signs == "#") kind_ = Kind::kElement;
    return;
  }
  kind_ = Kind::kKey;
  before_ = text.substr(0, star);
  behind_ = text.substr(star + 1);
  const size_t arrow = signs.find("->", star + 1);
  if (arrow == std::string_view::npos || arrow + 2 == signs.size()) return;
  kind_ = Kind::kField;
  behind_ = text.substr(star + 1, arrow - star - 1);
  field_ = text.substr(arrow + 2);
}

std::optional<std::string_view> SortPattern::find(Database& database, std::string_view element) {
  if (kind_ == Kind::kElement) return element;
  if (kind_ == Kind::kNothing) return std::nullopt;
  key_.assign(before_).append(element).append(behind_);
  const Entry* const entry = database.read(Key(key_));
  if (!entry) return std::nullopt;
  if (kind_ == Kind::kKey) {
    if (!is_string(entry)) return std::nullopt;
    return string_bytes(entry, number_);
  }
  if (entry->type() != Type::kHash) return std::nullopt;
  return HashView(entry).find(field_, text_);
}

}  // namespace slotway::backend
