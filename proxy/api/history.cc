#include <charconv>
#include <cmath>

#include "proxy/api/answers.h"
#include "proxy/server.h"

namespace slotway::proxy::api {

namespace {

constexpr uint64_t kNsPerUs = 1000;

Json row(const metrics::HistorySample& sample) {
  Json json;
  json["unix_ms"] = sample.unix_ms;
  json["requests"] = std::llround(sample.requests);
  json["errors"] = std::llround(sample.errors);
  json["p50_us"] = sample.p50_ns / kNsPerUs;
  json["p99_us"] = sample.p99_ns / kNsPerUs;
  json["p999_us"] = sample.p999_ns / kNsPerUs;
  json["bytes_in"] = std::llround(sample.bytes_in);
  json["bytes_out"] = std::llround(sample.bytes_out);
  json["cache_hits"] = std::llround(sample.cache_hits);
  json["cache_misses"] = std::llround(sample.cache_misses);
  json["connections"] = sample.connections;
  return json;
}

}  // namespace

HttpResponse history(const Question& question) {
  size_t seconds = metrics::History::kSamples;
  if (const std::string* const text = question.find("seconds")) {
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
    if (error != std::errc() || end != text->data() + text->size() || seconds < 1 ||
        seconds > metrics::History::kSamples) {
      return api::error(400, "seconds: expected a whole number from 1 to " +
                                 std::to_string(metrics::History::kSamples));
    }
  }
  Json json;
  json["interval_ms"] = 1000;
  json["samples"] = Json::array();
  for (const metrics::HistorySample& sample : question.server.history().newest(seconds)) {
    json["samples"].push_back(row(sample));
  }
  return json_response(json);
}

}  // namespace slotway::proxy::api
