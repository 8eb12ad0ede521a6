// What is kept of requests that were slow or large.
#include <algorithm>

#include "proxy/api/answers.h"
#include "proxy/server.h"
#include "wire/utf8.h"

namespace slotway::proxy::api {

namespace {

constexpr uint64_t kNsPerUs = 1000;

Json slow_row(const std::string& pool, const ObservedRequest& request) {
  Json json;
  json["id"] = request.id;
  json["unix_ms"] = request.unix_ms;
  json["pool"] = pool;
  json["client"] = wire::as_utf8(request.client);
  json["client_name"] = wire::as_utf8(request.client_name);
  json["command"] = request.command->full_name;
  json["args"] = Json::array();
  for (const std::string& arg : request.args) json["args"].push_back(wire::as_utf8(arg));
  json["shard"] = request.shard;
  json["request_bytes"] = request.request_bytes;
  json["reply_bytes"] = request.reply_bytes;
  json["total_us"] = request.total_ns() / kNsPerUs;
  for (size_t i = 0; i < metrics::kStageCount; ++i) {
    json["stages_us"][metrics::kStageNames[i]] = request.stages_ns[i] / kNsPerUs;
  }
  return json;
}

Json big_row(const std::string& pool, const BigKeys::Entry& entry) {
  const ObservedRequest& request = *entry.largest;
  Json json;
  json["pool"] = pool;
  json["key"] = wire::as_utf8(request.key);
  json["cut"] = request.key_is_cut;
  json["command"] = request.command->full_name;
  json["direction"] = kDirectionNames[static_cast<size_t>(entry.direction)];
  json["bytes"] = entry.bytes;
  json["shard"] = request.shard;
  json["client"] = wire::as_utf8(request.client);
  json["unix_ms"] = request.unix_ms;
  json["times"] = entry.times;
  return json;
}

// The first `count` of all pools' rows, by the member, the largest first.
Json sorted(std::vector<Json> rows, const char* member, size_t count) {
  std::ranges::stable_sort(rows, [member](const Json& a, const Json& b) {
    return a[member].get<int64_t>() > b[member].get<int64_t>();
  });
  if (rows.size() > count) rows.resize(count);
  return Json(std::move(rows));
}

}  // namespace

// The newest first.
HttpResponse slow_log(const Question& question) {
  std::vector<Json> rows;
  for (const config::Pool* const pool : question.pools) {
    const SlowLog& log = question.server.observed_requests(pool->name).slow_log;
    for (const SlowLog::Entry& request : log.newest(question.count)) {
      rows.push_back(slow_row(pool->name, *request));
    }
  }
  const int64_t threshold =
      question.server.wait_settings().get(WaitSettings::Name::kSlowLogSlowerThan);
  Json json;
  json["threshold_us"] = threshold < 0 ? Json() : Json(threshold);
  json["entries"] = sorted(std::move(rows), "unix_ms", question.count);
  return json_response(json);
}

// The largest first.
HttpResponse big_keys(const Question& question) {
  std::vector<Json> rows;
  for (const config::Pool* const pool : question.pools) {
    const BigKeys& keys = question.server.observed_requests(pool->name).big_keys;
    for (const BigKeys::Entry& entry : keys.largest(question.count)) {
      rows.push_back(big_row(pool->name, entry));
    }
  }
  const uint64_t threshold = question.server.wait_settings().big_bytes();
  Json json;
  json["threshold_bytes"] = threshold == UINT64_MAX ? Json() : Json(threshold);
  json["entries"] = sorted(std::move(rows), "bytes", question.count);
  return json_response(json);
}

}  // namespace slotway::proxy::api
