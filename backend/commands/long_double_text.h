// Floating-point numbers as Redis's INCRBYFLOAT and HINCRBYFLOAT read and print them. Stateless.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace slotway::backend {

// Nothing for text that is no number, not one that a long double can hold, or NaN. Infinity is one.
std::optional<long double> parse_long_double(std::string_view text);

// 17 digits behind the point, without the zeros at the end. `value` is finite.
std::string long_double_text(long double value);

}  // namespace slotway::backend
