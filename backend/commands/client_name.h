// What may be a client's name: CLIENT LIST must stay easy to split.
#pragma once

#include <algorithm>
#include <string_view>

namespace slotway::backend {

inline bool is_client_name(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '!' && c <= '~'; });
}

}  // namespace slotway::backend
