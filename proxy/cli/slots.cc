// `slotway slots`.
#include <fmt/format.h>

#include <cstdio>

#include "proxy/cli/answers.h"
#include "proxy/cli/commands.h"
#include "proxy/cli/table.h"
#include "proxy/cli/text.h"

namespace slotway::proxy::cli {

namespace {

struct Owned {
  std::string ranges = {};  // "0-99,200"
  int64_t slots = 0;
};

// Of the shard at that index; of -1: what none owns.
Owned owned_by(const Json& ranges, int64_t index) {
  Owned owned;
  for (const Json& range : ranges) {
    const auto first = range.at(0).get<int64_t>();
    const auto last = range.at(1).get<int64_t>();
    if (range.at(2).get<int64_t>() != index) continue;
    if (!owned.ranges.empty()) owned.ranges += ',';
    owned.ranges += std::to_string(first);
    if (last > first) owned.ranges += '-' + std::to_string(last);
    owned.slots += last - first + 1;
  }
  return owned;
}

// The pages list pools and shards in one order, that of the file.
std::vector<std::string> table_of(const Json& shards, const Json& ranges) {
  constexpr auto kLeft = Column::Side::kLeft;
  Table table({{"SHARD", kLeft},
               {"ADDRESS", kLeft},
               {"STATE", kLeft},
               {"REQUESTS/S"},
               {"P99"},
               {"SLOTS"},
               {"RANGES", kLeft}});
  int64_t index = 0;
  for (const Json& shard : shards) {
    const Owned owned = owned_by(ranges, index++);
    table.add({text(shard, "name"), text(shard, "address"), state_text(shard),
               grouped(number(shard, "requests_per_second")), time_of(shard, "p99_us"),
               std::to_string(owned.slots), owned.ranges});
  }
  const Owned gaps = owned_by(ranges, -1);
  if (gaps.slots > 0) {
    table.add({"(no shard)", "-", "-", "-", "-", std::to_string(gaps.slots), gaps.ranges});
  }
  return table.lines();
}

}  // namespace

Status print_slots(ApiClient& client, const std::string& pool) {
  ApiClient::Query query;
  if (!pool.empty()) query.emplace_back("pool", pool);
  const Result<Json> shards = client.get("shards", query);
  if (!shards.ok()) return shards.error();
  query.emplace_back("load", "0");
  const Result<Json> slots = client.get("slots", query);
  if (!slots.ok()) return slots.error();
  std::string all;
  for (size_t i = 0; i < shards->at("pools").size(); ++i) {
    const Json& row = shards->at("pools").at(i);
    if (i > 0) all += '\n';
    all += fmt::format("pool {}: request skew {:.2f}, byte skew {:.2f}\n", text(row, "name"),
                       row.at("request_skew").get<double>(), row.at("byte_skew").get<double>());
    for (const std::string& line :
         table_of(row.at("shards"), slots->at("pools").at(i).at("ranges"))) {
      all += line + '\n';
    }
  }
  std::fputs(all.c_str(), stdout);
  return success();
}

}  // namespace slotway::proxy::cli
