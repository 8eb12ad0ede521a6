#include "metrics/dashboard.h"

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "metrics/embedded_file.h"

namespace slotway::metrics {

extern const std::span<const EmbeddedFile> kDashboardFiles;

namespace {

const char* content_type(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (name.ends_with(".svg")) return "image/svg+xml";
  return kPlainText;
}

}  // namespace

std::vector<AdminPage> dashboard_pages() {
  std::vector<AdminPage> pages;
  for (const EmbeddedFile& file : kDashboardFiles) {
    HttpResponse response;
    response.content_type = content_type(file.name);
    response.body = std::make_shared<const std::string>(file.text);
    // Another program with another text has another tag, within the bounds of a 64-bit hash.
    response.etag = fmt::format("\"{:016x}\"", std::hash<std::string_view>()(file.text));
    AdminPage page;
    page.method = "GET";
    page.path =
        file.name == "dashboard/index.html" ? std::string("/") : "/" + std::string(file.name);
    page.respond = [response = std::move(response)](const HttpRequest&) { return response; };
    page.is_open = true;
    pages.push_back(std::move(page));
  }
  return pages;
}

}  // namespace slotway::metrics
