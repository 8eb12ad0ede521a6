#include "proxy/api/question.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace slotway::proxy::api {

namespace {

constexpr size_t kMostCount = 10'000;

std::string listed(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view word : words) {
    text += text.empty() ? "" : ", ";
    text += word;
  }
  return text;
}

std::optional<HttpResponse> read_count(Question& question) {
  const std::string* const text = question.find("count");
  if (!text) return std::nullopt;
  const char* const end = text->data() + text->size();
  const auto [at, problem] = std::from_chars(text->data(), end, question.count);
  if (problem == std::errc() && at == end && question.count >= 1 && question.count <= kMostCount) {
    return std::nullopt;
  }
  return error(400, "count: expected a whole number from 1 to " + std::to_string(kMostCount));
}

std::optional<HttpResponse> read_pools(Question& question) {
  const std::string* const wanted = question.find("pool");
  for (const config::Pool& pool : question.config->pools) {
    if (!wanted || *wanted == pool.name) question.pools.push_back(&pool);
  }
  if (!question.pools.empty()) return std::nullopt;
  std::vector<std::string_view> names;
  for (const config::Pool& pool : question.config->pools) names.push_back(pool.name);
  return error(404, "pool: there is none of that name, expected one of " + listed(names));
}

}  // namespace

const std::string* Question::find(const std::string& name) const {
  const auto at = values.find(name);
  return at == values.end() ? nullptr : &at->second;
}

std::optional<HttpResponse> read_question(const metrics::HttpQuery& query,
                                          const std::vector<std::string_view>& parameters,
                                          Question& question) {
  for (const auto& [name, value] : query) {
    if (std::ranges::find(parameters, name) == parameters.end()) {
      return error(400, parameters.empty()
                            ? "unknown parameter; expected none"
                            : "unknown parameter; expected one of " + listed(parameters));
    }
    if (!question.values.try_emplace(name, value).second) {
      return error(400, name + ": expected once");
    }
  }
  if (auto refusal = read_count(question)) return refusal;
  return read_pools(question);
}

HttpResponse json_response(const Json& json, int status) {
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  return {status, "application/json", std::make_shared<const std::string>(text += '\n')};
}

HttpResponse error(int status, std::string_view text) { return metrics::json_error(status, text); }

}  // namespace slotway::proxy::api
