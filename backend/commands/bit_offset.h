// The offset of a bit among the arguments of a command.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "backend/call.h"

namespace slotway::backend {

// Argument `index` as the offset of a bit in a string. Without a value, the error has been
// answered. Where `width` is given, "#3" is the third field of so many bits.
inline std::optional<uint64_t> parse_bit_offset(const Call& call, size_t index, int64_t width = 0) {
  std::string_view text = call.args[index];
  int64_t factor = 1;
  if (width > 0 && text.starts_with('#')) {
    text.remove_prefix(1);
    factor = width;
  }
  const auto number = wire::parse_integer(text);
  int64_t offset = 0;
  if (number && *number >= 0 && !__builtin_mul_overflow(*number, factor, &offset) &&
      static_cast<uint64_t>(offset) / 8 < call.store.settings.max_bulk_size) {
    return static_cast<uint64_t>(offset);
  }
  call.reply.error("ERR bit offset is not an integer or out of range");
  return std::nullopt;
}

}  // namespace slotway::backend
