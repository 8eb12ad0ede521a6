// What the errors of a server say of its state.
#pragma once

#include <algorithm>
#include <string_view>

namespace slotway::proxy {

// What a server says that is alive and in a passing state.
inline bool is_passing(std::string_view error) {
  constexpr std::string_view kPassing[] = {"-LOADING", "-BUSY", "-MASTERDOWN"};
  return std::ranges::count(kPassing, error.substr(0, error.find(' '))) > 0;
}

// It runs a script, and answers nothing else before that has come to its end.
inline bool is_busy(std::string_view error) { return error.starts_with("-BUSY "); }

// Without its CR and LF, cut to what is worth quoting.
inline std::string_view first_line(std::string_view reply) {
  constexpr size_t kQuoted = 120;
  return reply.substr(0, std::min(reply.find('\r'), kQuoted));
}

}  // namespace slotway::proxy
