#include "backend/commands/string_arguments.h"

namespace slotway::backend {

namespace {

using Time = StringOptions::Time;

struct TimeOption {
  std::string_view name;
  Time time;
};

constexpr TimeOption kTimeOptions[] = {
    {"ex", Time::kEx}, {"px", Time::kPx}, {"exat", Time::kExAt}, {"pxat", Time::kPxAt}};

// "EX 10" and its like at `at`; moves `at` to the amount. The same unit may be given twice, two
// units may not.
bool take_time(const Call& call, size_t& at, StringOptions& options) {
  if (options.keep_ttl || options.persist || at + 1 == call.args.size()) return false;
  for (const TimeOption& option : kTimeOptions) {
    if (!call.is(at, option.name)) continue;
    if (options.time != Time::kNone && options.time != option.time) return false;
    options.time = option.time;
    options.amount = call.args[++at];
    return true;
  }
  return false;
}

}  // namespace

std::optional<StringOptions> parse_set_options(const Call& call, size_t first) {
  StringOptions options;
  for (size_t i = first; i < call.args.size(); ++i) {
    if (!options.xx && call.is(i, "nx")) {
      options.nx = true;
    } else if (!options.nx && call.is(i, "xx")) {
      options.xx = true;
    } else if (call.is(i, "get")) {
      options.get = true;
    } else if (options.time == Time::kNone && call.is(i, "keepttl")) {
      options.keep_ttl = true;
    } else if (!take_time(call, i, options)) {
      call.reply.error(kSyntaxError);
      return std::nullopt;
    }
  }
  return options;
}

std::optional<StringOptions> parse_getex_options(const Call& call, size_t first) {
  StringOptions options;
  for (size_t i = first; i < call.args.size(); ++i) {
    if (options.time == Time::kNone && call.is(i, "persist")) {
      options.persist = true;
    } else if (!take_time(call, i, options)) {
      call.reply.error(kSyntaxError);
      return std::nullopt;
    }
  }
  return options;
}

std::optional<int64_t> parse_expiry(const Call& call, Time time, std::string_view amount) {
  const auto number = wire::parse_integer(amount);
  if (!number) {
    call.reply.error(kNotInteger);
    return std::nullopt;
  }
  int64_t ms = *number;
  const bool in_seconds = time == Time::kEx || time == Time::kExAt;
  const bool is_relative = time == Time::kEx || time == Time::kPx;
  const int64_t factor = in_seconds ? 1000 : 1;
  if (ms <= 0 || __builtin_mul_overflow(ms, factor, &ms) ||
      (is_relative && __builtin_add_overflow(ms, call.engine().now_ms(), &ms))) {
    reply_invalid_expiry(call);
    return std::nullopt;
  }
  return ms;
}

void reply_invalid_expiry(const Call& call) {
  call.reply.error("ERR invalid expire time in '" + call.command.full_name + "' command");
}

}  // namespace slotway::backend
