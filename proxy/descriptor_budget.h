// What the descriptors of this process are for, so that clients never take the last ones: without
// any the proxy could not connect to its shards again, and the admin server would spin.
#pragma once

#include <cstddef>

#include "config/config.h"

namespace slotway::proxy {

struct DescriptorBudget {
  size_t clients;   // what the limits of all pools add up to
  size_t reserved;  // shards, listeners, the admin server, the log, ...
  // Connections to shards that one client each has for itself (pins.h): what the limits add up to,
  // but not more than there are clients.
  size_t pins = 0;

  size_t wanted() const { return clients + pins + reserved; }
  // How many clients may be connected where `limit` descriptors may be open; at least one.
  size_t clients_within(size_t limit) const;
};

DescriptorBudget descriptor_budget(const config::Config& config);

// Raises the limit of descriptors to what `config` wants, if that is allowed. Gives the number of
// clients, of all pools together, that may be connected, and lowers the pools' limits to it; logs a
// warning if that is fewer than the configuration says. Control thread.
size_t reserve_descriptors(config::Config& config);

}  // namespace slotway::proxy
