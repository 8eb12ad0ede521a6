#include "proxy/api/pages.h"

#include <string_view>

#include "proxy/api/answers.h"
#include "proxy/server.h"

namespace slotway::proxy::api {

namespace {

struct Page {
  const char* method;
  const char* path;
  std::vector<std::string_view> parameters;
  HttpResponse (*answer)(const Question& question);
};

const std::vector<Page>& all_pages() {
  static const std::vector<Page> kPages = {
      {"GET", "/api/v1/version", {}, &version},
      {"GET", "/api/v1/shards", {"pool"}, &shards},
      {"GET", "/api/v1/slots", {"pool", "load"}, &slots},
      {"GET", "/api/v1/clients", {"pool", "count"}, &clients},
      {"GET", "/api/v1/config", {}, &config},
      {"GET", "/api/v1/route", {"pool", "key"}, &route},
      {"GET", "/api/v1/hotkeys", {"pool", "count"}, &hot_keys},
      {"GET", "/api/v1/bigkeys", {"pool", "count"}, &big_keys},
      {"GET", "/api/v1/slowlog", {"pool", "count"}, &slow_log},
      {"GET", "/api/v1/history", {"seconds"}, &history},
      {"GET", "/api/v1/openapi.json", {}, &openapi},
      {"POST", "/api/v1/hotkeys/reset", {"pool"}, &reset_hot_keys},
      {"POST", "/api/v1/hotkeys/pin", {"pool", "pattern"}, &pin_hot_keys},
      {"POST", "/api/v1/hotkeys/unpin", {"pool", "pattern"}, &unpin_hot_keys},
      {"POST", "/api/v1/reload", {}, &reload},
      {"POST", "/api/v1/drain", {}, &drain},
      {"POST", "/api/v1/log", {"level"}, &set_log_level},
  };
  return kPages;
}

HttpResponse respond(Server& server, const Page& page, const metrics::HttpRequest& request) {
  if (!server.is_serving()) return error(503, "the proxy is starting or stopping");
  Question question{.server = server, .config = server.config(), .values = {}, .pools = {}};
  if (auto refusal = read_question(request.query, page.parameters, question)) {
    return std::move(*refusal);
  }
  question.by = request.peer + " through the admin API";
  return page.answer(question);
}

}  // namespace

std::vector<metrics::AdminPage> pages(Server& server) {
  std::vector<metrics::AdminPage> pages;
  for (const Page& page : all_pages()) {
    pages.push_back({page.method, page.path, [&server, &page](const metrics::HttpRequest& request) {
                       return respond(server, page, request);
                     }});
  }
  return pages;
}

}  // namespace slotway::proxy::api
