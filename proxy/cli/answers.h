// Members of the API's answers as a terminal shows them. They throw nlohmann::json::exception where
// an answer is not what the API says. Plain functions; any thread.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace slotway::proxy::cli {

int64_t number(const nlohmann::json& object, const char* member);
// Safe to be shown; "-" if it is null or empty.
std::string text(const nlohmann::json& object, const char* member);
std::string time_of(const nlohmann::json& object, const char* member_us);
std::string yes_no(const nlohmann::json& object, const char* member);
// An array of strings; "-" if it is empty.
std::string joined(const nlohmann::json& strings, const std::string& separator);
// Of a shard: "up", or "degraded 3/4" where only so many of the workers reach it.
std::string state_text(const nlohmann::json& shard);

}  // namespace slotway::proxy::cli
