// Reads the `shards` of a pool: who they are, and which slots they own.
#pragma once

#include "config/config.h"
#include "config/reading.h"
#include "config/section.h"

namespace slotway::config {

// Fills pool.shards and pool.slot_owner. `upstream` is what shards without `upstream` of their own
// authenticate with. Requires pool.listen and pool.allow_gaps to be read.
void read_shards(Reading& reading, const Field& field, const Credentials& upstream, Pool& pool);

}  // namespace slotway::config
