#include "backend/commands/timeout_argument.h"

#include <cmath>

#include "backend/commands/long_double_text.h"

namespace slotway::backend {

namespace {

// 0 waits for ever; what cannot be reached on the clock does as well.
std::optional<int64_t> deadline_after(const Call& call, int64_t ms) {
  if (ms < 0) {
    call.reply.error("ERR timeout is negative");
    return std::nullopt;
  }
  if (ms == 0) return 0;
  int64_t deadline_ms = 0;
  const auto now_ms = static_cast<int64_t>(call.store.loop.now_ms());
  return __builtin_add_overflow(now_ms, ms, &deadline_ms) ? 0 : deadline_ms;
}

}  // namespace

std::optional<int64_t> deadline_argument(const Call& call, size_t index) {
  const auto seconds = parse_long_double(call.args[index]);
  if (!seconds) {
    call.reply.error("ERR timeout is not a float or out of range");
    return std::nullopt;
  }
  const long double ms = std::ceil(*seconds * 1000);
  // Redis's conversion makes the smallest number of what is too large.
  constexpr auto kLimit = static_cast<long double>(INT64_MAX);
  const bool fits = ms >= -kLimit && ms <= kLimit;
  return deadline_after(call, fits ? static_cast<int64_t>(ms) : -1);
}

std::optional<int64_t> deadline_ms_argument(const Call& call, size_t index) {
  const auto ms = wire::parse_integer(call.args[index]);
  if (!ms) {
    call.reply.error("ERR timeout is not an integer or out of range");
    return std::nullopt;
  }
  return deadline_after(call, *ms);
}

}  // namespace slotway::backend
