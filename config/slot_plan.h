// Who owns which slot of a pool, while the pool is read, and the same as text. Pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "wire/slot.h"

namespace slotway::config {

using SlotOwners = std::array<uint16_t, wire::kSlotCount>;  // as Pool::slot_owner

// Gives the range to `shard`, if nobody owns any of it; else gives back the shard that owns the
// first slot already taken, and changes nothing.
std::optional<uint16_t> claim(SlotOwners& owners, SlotRange range, uint16_t shard);

// Contiguous ranges in the order of the shards, as even as possible, split where Redis's own
// cluster tool splits. Requires 1 to 16,384 shards.
void spread_evenly(SlotOwners& owners, size_t shards);

// What `owner` (a shard, or kNoShard) has, ascending and joined.
std::vector<SlotRange> ranges_of(const SlotOwners& owners, uint16_t owner);

size_t slot_count(const std::vector<SlotRange>& ranges);

// "0-99 200 300-399"; with `most` ranges at most, and how many more there are.
std::string ranges_text(const std::vector<SlotRange>& ranges, size_t most = SIZE_MAX);

}  // namespace slotway::config
