// The part `hot_keys` of a pool.
#pragma once

#include <string_view>

#include "config/config.h"
#include "config/reading.h"
#include "config/section.h"

namespace slotway::config {

// As they are written in the file.
std::string_view name_of(HotKeys::Cache::Mode mode);
std::string_view name_of(HotKeys::Spread spread);
std::string_view name_of(HotKeys::Rule::Cache cache);

// Behind the pool's shards and `read_from`.
void read_hot_keys(Reading& reading, const Field& field, Pool& pool);

}  // namespace slotway::config
