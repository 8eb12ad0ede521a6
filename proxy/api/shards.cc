#include "proxy/api/shards.h"

#include <algorithm>
#include <cmath>

#include "proxy/api/answers.h"
#include "proxy/server.h"

namespace slotway::proxy::api {

namespace {

int64_t whole(double rate) { return std::llround(rate); }
double rounded(double ratio) { return std::round(ratio * 1000) / 1000; }

size_t slot_count(const config::Shard& shard) {
  size_t count = 0;
  for (const config::SlotRange range : shard.slots) count += range.last - range.first + 1u;
  return count;
}

Json describe(const config::Shard& shard, const metrics::ShardSum& sum,
              const metrics::ShardRates& rates, size_t workers) {
  Json json;
  json["name"] = shard.name;
  json["address"] = shard.primary.text();
  json["replicas"] = addresses(shard.replicas);
  json["slots"] = slot_count(shard);
  json["state"] = state_of(sum, workers);
  json["state_since_unix_ms"] = sum.answering_since_unix_ms;
  json["answering_workers"] = sum.answering;
  json["workers"] = workers;
  json["breakers_open"] = sum.breakers_open;
  json["connections"] = sum.connections;
  json["replica_connections"] = sum.replica_connections;
  json["in_flight"] = sum.in_flight;
  json["requests"] = sum.requests;
  json["errors"] = sum.errors;
  json["timeouts"] = sum.timeouts;
  json["refused"] = sum.refused;
  json["reconnects"] = sum.reconnects;
  json["bytes_sent"] = sum.bytes_sent;
  json["bytes_received"] = sum.bytes_received;
  json["requests_per_second"] = whole(rates.requests);
  json["errors_per_second"] = whole(rates.errors);
  json["bytes_per_second"] = whole(rates.bytes);
  json["p50_us"] = rates.p50_ns / 1000;
  json["p99_us"] = rates.p99_ns / 1000;
  return json;
}

}  // namespace

std::string_view state_of(const metrics::ShardSum& sum, size_t workers) {
  if (sum.answering >= static_cast<int64_t>(workers)) return "up";
  return sum.answering > 0 ? "degraded" : "down";
}

metrics::ShardSum sum_of(const std::vector<metrics::ShardSum>& sums, const std::string& pool,
                         const std::string& shard) {
  const auto found = std::ranges::find_if(
      sums, [&](const auto& sum) { return sum.pool == pool && sum.shard == shard; });
  return found == sums.end() ? metrics::ShardSum() : *found;
}

Json addresses(const std::vector<config::Address>& addresses) {
  Json json = Json::array();
  for (const config::Address& address : addresses) json.push_back(address.text());
  return json;
}

HttpResponse shards(const Question& question) {
  const std::vector<metrics::ShardSum> sums = question.server.registry().shards();
  const size_t workers = question.server.workers().size();
  const auto rates = question.server.history().shards();
  const auto skews = question.server.history().skew();
  Json json;
  json["pools"] = Json::array();
  for (const config::Pool* const pool : question.pools) {
    Json row;
    row["name"] = pool->name;
    row["read_from"] = config::name_of(pool->read_from);
    const auto skew = skews.find(pool->name);
    row["request_skew"] = rounded(skew == skews.end() ? 1 : skew->second.requests);
    row["byte_skew"] = rounded(skew == skews.end() ? 1 : skew->second.bytes);
    row["shards"] = Json::array();
    for (const config::Shard& shard : pool->shards) {
      const auto found = rates.find({pool->name, shard.name});
      row["shards"].push_back(describe(shard, sum_of(sums, pool->name, shard.name),
                                       found == rates.end() ? metrics::ShardRates() : found->second,
                                       workers));
    }
    json["pools"].push_back(std::move(row));
  }
  return json_response(json);
}

}  // namespace slotway::proxy::api
