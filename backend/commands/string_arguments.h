// The options of SET and GETEX, and the expiry that they ask for.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "backend/call.h"

namespace slotway::backend {

struct StringOptions {
  enum class Time : uint8_t { kNone, kEx, kPx, kExAt, kPxAt };

  bool nx = false;
  bool xx = false;
  bool get = false;
  bool keep_ttl = false;
  bool persist = false;
  Time time = Time::kNone;
  std::string_view amount;  // of `time`

  bool is_absolute() const { return time == Time::kExAt || time == Time::kPxAt; }
};

// Reads the arguments from `first` on. Without a value, the error has been answered.
std::optional<StringOptions> parse_set_options(const Call& call, size_t first);
std::optional<StringOptions> parse_getex_options(const Call& call, size_t first);

// The moment, in wall-clock milliseconds, that `amount` means. Without a value, the error has been
// answered.
std::optional<int64_t> parse_expiry(const Call& call, StringOptions::Time time,
                                    std::string_view amount);

// "ERR invalid expire time in 'set' command".
void reply_invalid_expiry(const Call& call);

}  // namespace slotway::backend
