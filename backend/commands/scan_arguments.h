// What SCAN, SSCAN, HSCAN and ZSCAN share: the cursor, the options and how far one call goes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backend/call.h"

namespace slotway::backend {

// Argument `index` as a cursor. Without a value, the error has been answered.
std::optional<uint64_t> parse_scan_cursor(const Call& call, size_t index);

struct ScanOptions {
  uint64_t count = 10;  // elements that one call shows, about; at least 1
  std::string_view pattern = "*";
  std::optional<std::string> type;  // of keys, in lower case

  bool matches(std::string_view name) const;
};

// Reads the arguments from `first` on; of SCAN, with the option TYPE. Without a value, the error
// has been answered.
std::optional<ScanOptions> parse_scan_options(const Call& call, size_t first, bool of_keys);

// Calls step(cursor), which shows some elements and returns the next cursor, until it is 0 or
// seen() elements are enough; returns the last one.
template <typename Step, typename Seen>
uint64_t scan_enough(uint64_t cursor, uint64_t count, Step&& step, Seen&& seen) {
  // Many empty parts in a row must not make one call long.
  constexpr uint64_t kMostSteps = UINT64_MAX / 16;
  uint64_t steps = std::min(count, kMostSteps) * 10;
  do cursor = step(cursor);
  while (cursor != 0 && seen() < count && --steps > 0);
  return cursor;
}

// The head of the reply, behind which `count` elements come.
void write_scan_header(const Call& call, uint64_t cursor, size_t count);

}  // namespace slotway::backend
