#include "proxy/api/answers.h"
#include "proxy/server.h"

namespace slotway::proxy::api {

namespace {

// [first slot, last slot, index of the shard or -1], ascending; without a gap or an overlap.
Json ranges_of(const config::Pool& pool) {
  Json ranges = Json::array();
  for (size_t first = 0, next = 0; first < wire::kSlotCount; first = next) {
    const uint16_t owner = pool.slot_owner[first];
    while (next < wire::kSlotCount && pool.slot_owner[next] == owner) ++next;
    const int index = owner == config::kNoShard ? -1 : owner;
    ranges.push_back({first, next - 1, index});
  }
  return ranges;
}

}  // namespace

HttpResponse slots(const Question& question) {
  const std::string* const load = question.find("load");
  if (load && *load != "0" && *load != "1") return error(400, "load: expected 0 or 1");
  Json json;
  json["pools"] = Json::array();
  for (const config::Pool* const pool : question.pools) {
    Json row;
    row["name"] = pool->name;
    row["shards"] = Json::array();
    for (const config::Shard& shard : pool->shards) row["shards"].push_back(shard.name);
    row["ranges"] = ranges_of(*pool);
    if (load && *load == "0") {
      row["load"] = nullptr;
    } else {
      row["load"] = question.server.registry().slots(pool->name);
    }
    json["pools"].push_back(std::move(row));
  }
  return json_response(json);
}

}  // namespace slotway::proxy::api
