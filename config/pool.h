// Reads one pool.
#pragma once

#include "config/config.h"
#include "config/reading.h"
#include "config/section.h"

namespace slotway::config {

Pool read_pool(Reading& reading, const Field& field);

// Notes a fault if somebody listens on the address already.
void take_address(Reading& reading, const Field& field, const Address& address,
                  const std::string& user);

}  // namespace slotway::config
