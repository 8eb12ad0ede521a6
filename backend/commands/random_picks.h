// What SRANDMEMBER, HRANDFIELD and ZRANDMEMBER share: how a count is read, and how different
// elements are drawn that have no ranks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "backend/call.h"

namespace slotway::backend {

// How many elements a negative count may ask for: each of them may be the same large one, and they
// all are a reply before the first is sent.
inline constexpr uint64_t kMostRepeatedPicks = 1 << 24;

struct PickCount {
  uint64_t count = 0;
  bool repeated = false;  // the same element may come again: the count was negative
};

// Argument `index` as a count. Without a value, the error has been answered.
std::optional<PickCount> parse_pick_count(const Call& call, size_t index);

// Shows `wanted` different ones of `size` elements, each choice with the same probability;
// 0 < wanted <= size. show(element) gives one out; for_each(visit) walks through all elements until
// visit says false; pick(use) calls use(name, element) for any one of them.
template <typename ForEach, typename Pick, typename Show>
void pick_distinct(uint64_t wanted, uint64_t size, const Call& call, ForEach&& for_each,
                   Pick&& pick, Show&& show) {
  // From here on, the same ones would be drawn again and again.
  constexpr uint64_t kWalkFrom = 3;  // one of so many
  if (wanted * kWalkFrom <= size) {
    std::unordered_set<std::string> drawn;
    while (drawn.size() < wanted) {
      pick([&](std::string_view name, const auto& element) {
        if (drawn.emplace(name).second) show(element);
      });
    }
    return;
  }
  // Knuth, "The Art of Computer Programming", volume 2, 3.4.2, algorithm S.
  uint64_t left = size;
  for_each([&](const auto& element) {
    if (call.engine().random() % left-- < wanted) {
      show(element);
      --wanted;
    }
    return wanted > 0;
  });
}

}  // namespace slotway::backend
