#include "wire/real_text.h"

#include <charconv>
#include <cmath>
#include <cstdint>

namespace slotway::wire {

RealText::RealText(double value) {
  constexpr double kExactIntegers = 1e15;
  char* const end = text_ + sizeof text_;
  if (std::isnan(value)) {
    size_ = std::string_view("nan").copy(text_, sizeof text_);
  } else if (std::fabs(value) < kExactIntegers && value == std::trunc(value) &&
             !(value == 0 && std::signbit(value))) {
    // Most of them.
    size_ = static_cast<size_t>(std::to_chars(text_, end, static_cast<int64_t>(value)).ptr - text_);
  } else {
    size_ = static_cast<size_t>(
        std::to_chars(text_, end, value, std::chars_format::general, 17).ptr - text_);
  }
}

}  // namespace slotway::wire
