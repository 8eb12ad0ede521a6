#include "config/json.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "config/hot_keys.h"

namespace slotway::config {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kRedacted = "(redacted)";

std::string text_of(std::chrono::milliseconds time) {
  const int64_t ms = time.count();
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + "s" : std::to_string(ms) + "ms";
}

std::string text_of(std::chrono::microseconds time) {
  if (time.count() % 1000 != 0) return std::to_string(time.count()) + "us";
  return text_of(std::chrono::duration_cast<std::chrono::milliseconds>(time));
}

Json rate_json(uint64_t rate) { return rate > 0 ? Json(std::to_string(rate) + "/s") : Json(); }

template <typename Address>
Json addresses_json(const std::vector<Address>& addresses) {
  Json json = Json::array();
  for (const Address& address : addresses) json.push_back(address.text());
  return json;
}

Json admin_json(const std::optional<Admin>& admin) {
  if (!admin) return "off";
  return {{"address", admin->address.text()},
          {"token", admin->token.empty() ? Json() : Json(kRedacted)}};
}

Json users_json(const std::vector<User>& users) {
  Json json = Json::object();
  for (const User& user : users) {
    json[user.name] = {{"password_sha256", Json(user.passwords.size(), kRedacted)},
                       {"readonly", user.readonly}};
  }
  return json;
}

Json slots_json(const std::vector<SlotRange>& slots) {
  Json json = Json::array();
  for (const SlotRange range : slots) {
    json.push_back(std::to_string(range.first) + "-" + std::to_string(range.last));
  }
  return json;
}

Json upstream_json(const Credentials& credentials) {
  if (credentials.empty()) return nullptr;
  return {{"user", credentials.user.empty() ? Json() : Json(credentials.user)},
          {"password_file", kRedacted}};
}

Json shards_json(const std::vector<Shard>& shards) {
  Json json = Json::object();
  for (const Shard& shard : shards) {
    json[shard.name] = {{"primary", shard.primary.text()},
                        {"replicas", addresses_json(shard.replicas)},
                        {"slots", slots_json(shard.slots)},
                        {"upstream", upstream_json(shard.credentials)}};
  }
  return json;
}

Json timeouts_json(const Timeouts& timeouts) {
  return {{"connect", text_of(timeouts.connect)}, {"request", text_of(timeouts.request)},
          {"stall", text_of(timeouts.stall)},     {"partial", text_of(timeouts.partial)},
          {"stalled", text_of(timeouts.stalled)}, {"idle", text_of(timeouts.idle)}};
}

Json limits_json(const Limits& limits) {
  return {{"clients", limits.clients},
          {"bulk_size", limits.bulk_size},
          {"request_size", limits.request_size},
          {"pinned_connections", limits.pinned_connections},
          {"pending_requests", limits.pending_requests},
          {"output_buffer", limits.output_buffer}};
}

std::string share_text(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10f", share * 100);
  std::string digits = text;
  digits.resize(digits.find_last_not_of('0') + 1);
  if (digits.ends_with('.')) digits.pop_back();
  return digits + "%";
}

// The path and what is behind it may be what lets the proxy in.
Json webhook_json(const std::string& url) {
  if (url.empty()) return nullptr;
  const size_t path = url.find_first_of("/?", url.find("://") + 3);
  return path == std::string::npos ? url : url.substr(0, path) + "/" + kRedacted;
}

Json rule_json(const HotKeys::Rule& rule) {
  return {{"match", rule.match},
          {"cache", name_of(rule.cache)},
          {"max_ttl", rule.max_ttl.count() > 0 ? Json(text_of(rule.max_ttl)) : Json()},
          {"read_limit", rate_json(rule.read_limit)},
          {"write_limit", rate_json(rule.write_limit)},
          {"spread", rule.spread ? Json(name_of(*rule.spread)) : Json()}};
}

Json hot_keys_json(const HotKeys& hot_keys) {
  const HotKeys::Cache& cache = hot_keys.cache;
  Json json;
  json["detect"] = hot_keys.detect;
  json["report"] = {{"share", share_text(hot_keys.report.share)}, {"rate", hot_keys.report.rate}};
  json["cache"] = {{"mode", name_of(cache.mode)},       {"memory", cache.memory},
                   {"entries", cache.entries},          {"max_reply", cache.max_reply},
                   {"max_ttl", text_of(cache.max_ttl)}, {"staleness", text_of(cache.staleness)}};
  json["spread"] = name_of(hot_keys.spread);
  json["webhook"] = webhook_json(hot_keys.webhook);
  json["redact_keys"] = hot_keys.redact_keys;
  json["rules"] = Json::array();
  for (const HotKeys::Rule& rule : hot_keys.rules) json["rules"].push_back(rule_json(rule));
  return json;
}

template <typename Threshold>
Json kept_json(const std::optional<Threshold>& threshold, uint32_t entries) {
  if (!threshold) return "off";
  return {{"threshold", *threshold}, {"entries", entries}};
}

Json observe_json(const Observe& observe) {
  std::optional<std::string> slow;
  if (observe.slow_threshold) slow = text_of(*observe.slow_threshold);
  return {{"latency", observe.latency},
          {"slow_log", kept_json(slow, observe.slow_entries)},
          {"big_keys", kept_json(observe.big_threshold, observe.big_entries)},
          {"trace", observe.trace_one_in}};
}

Json pool_json(const Pool& pool) {
  Json json;
  json["listen"] = addresses_json(pool.listen);
  json["protected"] = pool.is_protected;
  json["users"] = users_json(pool.users);
  json["shards"] = shards_json(pool.shards);
  json["read_from"] = name_of(pool.read_from);
  json["announce"] = addresses_json(pool.announce);
  json["allow_gaps"] = pool.allow_gaps;
  json["timeouts"] = timeouts_json(pool.timeouts);
  json["limits"] = limits_json(pool.limits);
  json["hot_keys"] = hot_keys_json(pool.hot_keys);
  return json;
}

}  // namespace

std::string json_text(const Config& config) {
  Json json;
  json["admin"] = admin_json(config.admin);
  json["workers"] = config.workers;
  json["log"] = {
      {"level", config.log.level}, {"format", config.log.format}, {"audit", config.log.audit}};
  json["observe"] = observe_json(config.observe);
  json["pools"] = Json::object();
  for (const Pool& pool : config.pools) json["pools"][pool.name] = pool_json(pool);
  // Names and paths may be no UTF-8.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace slotway::config
