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
  // but no more than two of each client to each shard (tracking.h).
  size_t pins = 0;

  size_t wanted() const { return clients + pins + reserved; }
  // How many clients may be connected where `limit` descriptors may be open; at least one.
  size_t clients_within(size_t limit) const;
  // How many connections of single clients there may be then.
  size_t pins_within(size_t limit) const;
};

// Of all pools together.
struct DescriptorShares {
  size_t clients;
  size_t pins;  // descriptors; without bounds where the limits of all pools are enough
};

DescriptorBudget descriptor_budget(const config::Config& config);

// Raises the limit of descriptors to what `config` wants, if that is allowed. Gives what there may
// be of clients and of connections of single ones, and lowers the pools' limits to the first; logs
// a line if that is less than the configuration says. Control thread.
DescriptorShares reserve_descriptors(config::Config& config);

}  // namespace slotway::proxy
