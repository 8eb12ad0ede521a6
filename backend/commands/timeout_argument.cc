#include "backend/commands/timeout_argument.h"

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <string>

namespace slotway::backend {

namespace {

constexpr size_t kLongestNumber = 5 * 1024;  // bytes

std::optional<long double> parse_seconds(std::string_view text) {
  if (text.empty() || text.size() >= kLongestNumber) return std::nullopt;
  if (std::isspace(static_cast<unsigned char>(text[0]))) return std::nullopt;
  const std::string terminated(text);
  char* end = nullptr;
  errno = 0;
  const long double value = std::strtold(terminated.c_str(), &end);
  if (end != terminated.c_str() + terminated.size() || std::isnan(value)) return std::nullopt;
  if (errno == ERANGE && (std::isinf(value) || value == 0)) return std::nullopt;
  return value;
}

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
  const auto seconds = parse_seconds(call.args[index]);
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
