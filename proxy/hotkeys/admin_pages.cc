#include "proxy/hotkeys/admin_pages.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "proxy/hotkeys/messages.h"
#include "proxy/hotkeys/operators.h"
#include "proxy/server.h"

namespace slotway::proxy::hotkeys {

namespace {

using metrics::HttpQuery;
using metrics::HttpResponse;
using metrics::text_response;

constexpr size_t kCount = 100;
constexpr size_t kMostCount = 10'000;

// What a request says, or the answer that says what is wrong with it.
struct Question {
  std::optional<HttpResponse> refusal;
  std::map<std::string, std::string> values;
  std::vector<std::string> pools;  // that it is about

  const std::string* find(const std::string& name) const {
    const auto at = values.find(name);
    return at == values.end() ? nullptr : &at->second;
  }
};

HttpResponse bad_request(const std::string& text) { return text_response(400, text + "\n"); }

// `known` are the names of parameters, with `pool`.
Question read_question(Server& server, const HttpQuery& query,
                       const std::vector<std::string_view>& known) {
  Question question;
  if (!server.is_serving()) {
    question.refusal = text_response(503, "the proxy is starting or stopping\n");
    return question;
  }
  for (const auto& [name, value] : query) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      std::string names;
      for (const std::string_view each : known)
        names += (names.empty() ? "" : ", ") + std::string(each);
      question.refusal = bad_request("unknown parameter; expected one of " + names);
    } else if (!question.values.try_emplace(name, value).second) {
      question.refusal = bad_request("expected '" + name + "' once");
    }
    if (question.refusal) return question;
  }
  const std::string* const wanted = question.find("pool");
  for (const auto& [pool, shared] : server.hot_keys()) {
    if (!wanted || *wanted == pool) question.pools.push_back(pool);
  }
  if (question.pools.empty()) question.refusal = text_response(404, "there is no such pool\n");
  return question;
}

HttpResponse report(Server& server, const HttpQuery& query) {
  const Question question = read_question(server, query, {"pool", "count"});
  if (question.refusal) return *question.refusal;
  size_t count = kCount;
  if (const std::string* const text = question.find("count")) {
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), count);
    if (error != std::errc() || end != text->data() + text->size() || count < 1 ||
        count > kMostCount) {
      return bad_request("count: expected a whole number from 1 to " + std::to_string(kMostCount));
    }
  }
  std::vector<PoolReport> reports;
  for (const std::string& pool : question.pools) {
    HotKeysShared& shared = server.hot_keys().at(pool);
    const bool redacts = shared.redacts.load(std::memory_order_relaxed);
    reports.push_back(
        {pool, report_hot_keys(shared, count), redacts ? KeysShown::kHashed : KeysShown::kPlain});
  }
  return {200, "application/json", std::make_shared<const std::string>(page(reports, unix_ms()))};
}

// How many of the pools have changed.
HttpResponse changed(size_t pools) {
  return {200, "application/json",
          std::make_shared<const std::string>("{\"changed\":" + std::to_string(pools) + "}\n")};
}

HttpResponse reset(Server& server, const HttpQuery& query) {
  const Question question = read_question(server, query, {"pool"});
  if (question.refusal) return *question.refusal;
  for (const std::string& pool : question.pools) {
    if (const Status status = reset_hot_keys(server, pool); !status.ok()) {
      return bad_request(status.error().message);
    }
  }
  return changed(question.pools.size());
}

using Change = Result<bool> (*)(Server& server, const std::string& pool, std::string_view pattern);

template <Change kChange>
HttpResponse change_pinned(Server& server, const HttpQuery& query) {
  const Question question = read_question(server, query, {"pool", "pattern"});
  if (question.refusal) return *question.refusal;
  const std::string* const pattern = question.find("pattern");
  if (!pattern) return bad_request("expected pattern=, a pattern of keys");
  size_t pools = 0;
  for (const std::string& pool : question.pools) {
    const Result<bool> is_changed = kChange(server, pool, *pattern);
    if (!is_changed.ok()) return bad_request(is_changed.error().message);
    pools += *is_changed ? 1 : 0;
  }
  if (pools == 0 && kChange == &unpin_hot_keys) {
    return text_response(404, "the pattern is not pinned\n");
  }
  return changed(pools);
}

}  // namespace

std::vector<metrics::AdminPage> admin_pages(Server& server) {
  const auto page = [&server](const char* method, const char* path, auto respond) {
    return metrics::AdminPage{method, path, [&server, respond](const HttpQuery& query) {
                                return respond(server, query);
                              }};
  };
  return {page("GET", "/hotkeys", &report), page("POST", "/hotkeys/reset", &reset),
          page("POST", "/hotkeys/pin", &change_pinned<&pin_hot_keys>),
          page("POST", "/hotkeys/unpin", &change_pinned<&unpin_hot_keys>)};
}

}  // namespace slotway::proxy::hotkeys
