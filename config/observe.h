// The part `observe` of the file: what is noted of requests.
#pragma once

#include "config/config.h"
#include "config/reading.h"
#include "config/section.h"

namespace slotway::config {

void read_observe(Reading& reading, const Field& field, Observe& observe);

}  // namespace slotway::config
