// An argument that is the number of a database.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "backend/call.h"

namespace slotway::backend {

// Argument `index`, as a number that fits 32 bits. Without a value, the error has been answered:
// `wrong` or, if that is empty, Redis's usual words.
inline std::optional<int32_t> small_integer(const Call& call, size_t index,
                                            std::string_view wrong = {}) {
  using Limits = std::numeric_limits<int32_t>;
  const auto number = wire::parse_integer(call.args[index]);
  if (number && *number >= Limits::min() && *number <= Limits::max()) {
    return static_cast<int32_t>(*number);
  }
  if (!wrong.empty()) {
    call.reply.error(wrong);
  } else if (!number) {
    call.reply.error(kNotInteger);
  } else {
    call.reply.error("ERR value is out of range, value must between " +
                     std::to_string(Limits::min()) + " and " + std::to_string(Limits::max()));
  }
  return std::nullopt;
}

// Argument `index` as the number of a database that exists; as above.
inline std::optional<uint32_t> database_argument(const Call& call, size_t index) {
  const auto number = small_integer(call, index);
  if (!number) return std::nullopt;
  if (*number < 0 || static_cast<uint32_t>(*number) >= call.engine().database_count()) {
    call.reply.error(kDatabaseOutOfRange);
    return std::nullopt;
  }
  return static_cast<uint32_t>(*number);
}

}  // namespace slotway::backend
