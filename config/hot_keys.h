// The part `hot_keys` of a pool.
#pragma once

#include "config/config.h"
#include "config/reading.h"
#include "config/section.h"

namespace slotway::config {

// Behind the pool's shards and `read_from`.
void read_hot_keys(Reading& reading, const Field& field, Pool& pool);

}  // namespace slotway::config
