// The slot map of a configuration as a table for people, as `slotway check` prints it.
#pragma once

#include <string>

#include "config/config.h"

namespace slotway::config {

// For each pool one line about it, then one for each shard: name, address, number of slots, share
// of all slots in percent, ranges; last the slots without a shard, if there are any.
std::string describe_slot_map(const Config& config);

}  // namespace slotway::config
