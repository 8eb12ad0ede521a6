#include "config/slot_plan.h"

#include <algorithm>

namespace slotway::config {

std::optional<uint16_t> claim(SlotOwners& owners, SlotRange range, uint16_t shard) {
  const auto begin = owners.begin() + range.first;
  const auto end = owners.begin() + range.last + 1;
  const auto taken = std::find_if(begin, end, [](uint16_t owner) { return owner != kNoShard; });
  if (taken != end) return *taken;
  std::fill(begin, end, shard);
  return std::nullopt;
}

void spread_evenly(SlotOwners& owners, size_t shards) {
  // Boundary i is i * slots / shards, rounded to the nearest.
  const auto boundary = [shards](size_t i) {
    return (2 * i * wire::kSlotCount + shards) / (2 * shards);
  };
  for (size_t shard = 0; shard < shards; ++shard) {
    for (size_t slot = boundary(shard); slot < boundary(shard + 1); ++slot) {
      owners[slot] = static_cast<uint16_t>(shard);
    }
  }
}

std::vector<SlotRange> ranges_of(const SlotOwners& owners, uint16_t owner) {
  std::vector<SlotRange> ranges;
  for (uint16_t slot = 0; slot < wire::kSlotCount; ++slot) {
    if (owners[slot] != owner) continue;
    if (!ranges.empty() && ranges.back().last + 1 == slot) {
      ranges.back().last = slot;
    } else {
      ranges.push_back({slot, slot});
    }
  }
  return ranges;
}

size_t slot_count(const std::vector<SlotRange>& ranges) {
  size_t count = 0;
  for (const SlotRange& range : ranges) count += range.last - range.first + 1u;
  return count;
}

std::string ranges_text(const std::vector<SlotRange>& ranges, size_t most) {
  std::string text;
  for (size_t i = 0; i < ranges.size(); ++i) {
    if (i == most) return text + " and " + std::to_string(ranges.size() - i) + " more";
    if (i > 0) text += ' ';
    text += std::to_string(ranges[i].first);
    if (ranges[i].last != ranges[i].first) text += '-' + std::to_string(ranges[i].last);
  }
  return text;
}

}  // namespace slotway::config
