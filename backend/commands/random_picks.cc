#include "backend/commands/random_picks.h"

namespace slotway::backend {

std::optional<PickCount> parse_pick_count(const Call& call, size_t index) {
  const auto number = call.integer(index);
  if (!number) return std::nullopt;
  if (*number == INT64_MIN) {
    call.reply.error("ERR value is out of range, value must between " + std::to_string(-INT64_MAX) +
                     " and " + std::to_string(INT64_MAX));
    return std::nullopt;
  }
  const PickCount picks = {static_cast<uint64_t>(*number < 0 ? -*number : *number), *number < 0};
  return picks;
}

}  // namespace slotway::backend
