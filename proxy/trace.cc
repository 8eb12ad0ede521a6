#include "proxy/trace.h"

#include <nlohmann/json.hpp>

#include "wire/utf8.h"

namespace slotway::proxy {

std::string trace_text(const ObservedRequest& request, std::string_view pool) {
  nlohmann::ordered_json json;
  json["pool"] = pool;
  json["command"] = request.command->full_name;
  json["key"] = wire::as_utf8(request.key);
  json["cut"] = request.key_is_cut;
  json["shard"] = request.shard;
  json["client"] = wire::as_utf8(request.client);
  json["request_bytes"] = request.request_bytes;
  json["reply_bytes"] = request.reply_bytes;
  json["total_us"] = request.total_ns() / 1000;
  for (size_t i = 0; i < metrics::kStageCount; ++i) {
    json["stages_us"][metrics::kStageNames[i]] = request.stages_ns[i] / 1000;
  }
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace slotway::proxy
