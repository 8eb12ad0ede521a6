// The spellings of single values: each turns a scalar's text into a value, or into an Error whose
// message says what was expected ("expected true or false"). Pure functions.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "config/config.h"
#include "wire/result.h"

namespace slotway::config {

// A whole number from `least` to `most`: decimal digits and nothing else; leading zeros mean
// nothing.
struct Count {
  uint64_t least;
  uint64_t most;
  Result<uint64_t> operator()(std::string_view text) const;
};

// "500ms", "2s", "1m", "1h"; "0" needs no unit. From `least` to 24h.
struct Duration {
  std::chrono::milliseconds least;
  Result<std::chrono::milliseconds> operator()(std::string_view text) const;
};

// Bytes: "512MiB", "64KiB", "1GiB", "4096", "4096B". From `least` to `most`.
struct Size {
  uint64_t least;
  uint64_t most;
  Result<uint64_t> operator()(std::string_view text) const;
};

// One of a few words. `words` outlives it.
struct OneOf {
  std::span<const std::string_view> words;
  Result<std::string> operator()(std::string_view text) const;
};

// "true" or "false", not the further spellings of older YAML.
Result<bool> parse_flag(std::string_view text);

// "0.1%": above 0 to 100 %, as a fraction of 1.
Result<double> parse_share(std::string_view text);

// "500/s": 1 to 1,000,000 a second.
Result<uint64_t> parse_rate(std::string_view text);

// "5" or "0-5460", the first slot not above the last.
Result<SlotRange> parse_slot_range(std::string_view text);

// "primary", "prefer_replica" or "nearest".
Result<ReadFrom> parse_read_from(std::string_view text);

// Whether there is no NUL, line end or other control character in it.
bool is_one_line(std::string_view text);

// One line of any text but none.
Result<std::string> parse_text(std::string_view text);

// "http://host", "https://host:8443/path?query": without user, fragment, or what would have to be
// escaped.
Result<std::string> parse_http_url(std::string_view text);

// 1 to 32 letters, digits, '_', '-', '.': names stand in metrics, errors and socket names.
Result<std::string> parse_name(std::string_view text);

}  // namespace slotway::config
