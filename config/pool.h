// Reads one pool.
#pragma once

#include "config/config.h"
#include "config/reading.h"
#include "config/section.h"

namespace slotway::config {

Pool read_pool(Reading& reading, const Field& field);

// `address` with its place, which is the field's value or, for a default, what it is missing from.
// Notes a fault if somebody listens on it already.
ListenAddress take_address(Reading& reading, const Field& field, Address address,
                           const std::string& user);

}  // namespace slotway::config
