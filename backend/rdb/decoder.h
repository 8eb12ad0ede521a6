// What a payload of the RDB format holds, checked to the last byte.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "backend/engine/entry.h"

namespace slotway::backend {

struct RdbValue {
  Type type = Type::kString;
  // A string's one; a list's elements; a set's members; a hash's fields and values in turn; a
  // sorted set's members. Never none, and no member or field twice.
  std::vector<std::string_view> elements;
  std::vector<double> scores;  // of a sorted set's members; no NaN
  // What of the elements does not stand in the payload itself.
  std::deque<std::string> made;
};

// Reads a whole value, its type in front. False if the bytes are no such value, or more than one;
// `value` means nothing then. The elements refer to `bytes`, and to `made`.
bool decode_value(std::string_view bytes, RdbValue& value);

}  // namespace slotway::backend
