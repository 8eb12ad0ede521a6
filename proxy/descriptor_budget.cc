#include "proxy/descriptor_budget.h"

#include <algorithm>

#include "metrics/log.h"
#include "proxy/upstream/pin_allowance.h"
#include "wire/descriptor_limit.h"

namespace slotway::proxy {

namespace {

// The admin server with all its threads busy, the log, the control thread's loop and signals.
constexpr size_t kProcess = 64;
constexpr size_t kLoop = 4;      // of one thread
constexpr size_t kListener = 2;  // the socket and the spare
// Connections of one worker: lanes for three kinds of traffic and two protocols (lanes.h), and to a
// primary the ones for probes and for channels.
constexpr size_t kToReplica = 6;
constexpr size_t kToPrimary = kToReplica + 2;
// A reload may open new connections while the old ones answer what is in flight.
constexpr size_t kGenerations = 2;
constexpr size_t kPinsOfClient = 2;  // to each shard
constexpr size_t kLeastPins = 2;     // one to an embedded shard

}  // namespace

size_t DescriptorBudget::clients_within(size_t limit) const {
  if (limit >= wanted()) return clients;
  const size_t room = limit > reserved ? limit - reserved : 1;
  // Fewer clients may need fewer pins.
  const size_t left = std::max<size_t>(room > 2 * pins ? room - pins : room / 2, 1);
  return std::min(clients, left);
}

size_t DescriptorBudget::pins_within(size_t limit) const {
  if (limit >= wanted()) return pins;
  const size_t others = reserved + clients_within(limit);
  return std::min(pins, std::max(limit > others ? limit - others : 0, kLeastPins));
}

DescriptorBudget descriptor_budget(const config::Config& config) {
  DescriptorBudget budget{0, kProcess + config.workers * kLoop};
  for (const config::Pool& pool : config.pools) {
    budget.clients += pool.limits.clients;
    budget.reserved += pool.listen.size() * kListener;
    for (const config::Shard& shard : pool.shards) {
      size_t connections = kToPrimary;
      if (pool.read_from != config::ReadFrom::kPrimary || pool.hot_keys.spreads()) {
        connections += shard.replicas.size() * kToReplica;
      }
      connections *= config.workers * kGenerations;
      budget.reserved += connections;
      const bool embedded = shard.primary.kind == config::Address::Kind::kEmbedded;
      // The other ends of its connections are here, too.
      if (embedded) budget.reserved += kLoop + kListener + connections;
      const size_t pins = std::min(size_t{pool.limits.pinned_connections} * config.workers,
                                   kPinsOfClient * pool.limits.clients);
      budget.pins += pins * (embedded ? 2 : 1);
    }
  }
  return budget;
}

DescriptorShares reserve_descriptors(config::Config& config) {
  const DescriptorBudget budget = descriptor_budget(config);
  const size_t limit = wire::raise_descriptor_limit(budget.wanted());
  const bool is_enough = limit >= budget.wanted();
  const DescriptorShares shares{budget.clients_within(limit),
                                is_enough ? PinAllowance::kUnbounded : budget.pins_within(limit)};
  if (shares.clients < budget.clients) {
    metrics::log::warn(
        "{} clients and {} descriptors for everything else need a limit of {} open files, the hard "
        "limit is {}: at most {} clients are served, with {} connections to shards for single ones",
        budget.clients, budget.reserved, budget.wanted(), limit, shares.clients, shares.pins);
  } else if (shares.pins < budget.pins) {
    metrics::log::info(
        "the hard limit of open files is {}: of the {} connections to shards for single clients "
        "that pinned_connections allows at most {} are made",
        limit, budget.pins, shares.pins);
  }
  for (config::Pool& pool : config.pools) {
    pool.limits.clients =
        static_cast<uint32_t>(std::min<size_t>(pool.limits.clients, shares.clients));
  }
  return shares;
}

}  // namespace slotway::proxy
