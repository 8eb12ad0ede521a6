// `slotway route KEY`.
#include <array>
#include <cstdio>
#include <utility>

#include "proxy/cli/answers.h"
#include "proxy/cli/commands.h"

namespace slotway::proxy::cli {

Status print_route(ApiClient& client, const std::string& key, const std::string& pool) {
  ApiClient::Query query = {{"key", key}};
  if (!pool.empty()) query.emplace_back("pool", pool);
  const Result<Json> answer = client.get("route", query);
  if (!answer.ok()) return answer.error();
  const Json& route = *answer;
  const std::array<std::pair<const char*, std::string>, 13> lines = {{
      {"pool", text(route, "pool")},
      {"key", text(route, "key")},
      {"hash tag", text(route, "hash_tag")},
      {"slot", std::to_string(number(route, "slot"))},
      {"shard", text(route, "shard")},
      {"address", text(route, "address")},
      {"state", text(route, "state")},
      {"replicas", joined(route.at("replicas"), ", ")},
      {"read from", text(route, "read_from")},
      {"reads go to", joined(route.at("reads_go_to"), ", ")},
      {"hot", yes_no(route, "hot")},
      {"cached", yes_no(route, "cached")},
      {"why", text(route, "why")},
  }};
  for (const auto& [name, value] : lines) std::printf("%-11s  %s\n", name, value.c_str());
  return success();
}

}  // namespace slotway::proxy::cli
