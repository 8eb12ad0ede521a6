// The part `hot_keys` of a pool.
#pragma once

#include "config/config.h"
#include "config/reading.h"
#include "config/section.h"

namespace slotway::config {

void read_hot_keys(Reading& reading, const Field& field, HotKeys& hot_keys);

}  // namespace slotway::config
