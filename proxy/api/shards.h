// What several answers say of a shard. Plain functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "metrics/registry.h"
#include "proxy/api/question.h"

namespace slotway::proxy::api {

// Of Registry::shards(); zeros if it is not among them.
metrics::ShardSum sum_of(const std::vector<metrics::ShardSum>& sums, const std::string& pool,
                         const std::string& shard);
// "up": all workers reach it; "degraded": some; "down": none.
std::string_view state_of(const metrics::ShardSum& sum, size_t workers);

Json addresses(const std::vector<config::Address>& addresses);

}  // namespace slotway::proxy::api
