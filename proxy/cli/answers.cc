#include "proxy/cli/answers.h"

#include <fmt/format.h>

#include "proxy/cli/text.h"

namespace slotway::proxy::cli {

namespace {

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

}  // namespace

int64_t number(const nlohmann::json& object, const char* member) {
  return object.at(member).get<int64_t>();
}

std::string text(const nlohmann::json& object, const char* member) {
  const nlohmann::json& value = object.at(member);
  return value.is_null() ? "-" : or_dash(shown(value.get<std::string>()));
}

std::string time_of(const nlohmann::json& object, const char* member_us) {
  return time_text(object.at(member_us).get<uint64_t>());
}

std::string yes_no(const nlohmann::json& object, const char* member) {
  return object.at(member).get<bool>() ? "yes" : "no";
}

std::string joined(const nlohmann::json& strings, const std::string& separator) {
  std::string all;
  for (const nlohmann::json& each : strings) {
    if (!all.empty()) all += separator;
    all += shown(each.get<std::string>());
  }
  return or_dash(all);
}

std::string state_text(const nlohmann::json& shard) {
  const std::string state = text(shard, "state");
  if (state != "degraded") return state;
  return fmt::format("{} {}/{}", state, number(shard, "answering_workers"),
                     number(shard, "workers"));
}

}  // namespace slotway::proxy::cli
