#include "proxy/api/pages.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "metrics/embedded_file.h"
#include "proxy/server.h"

namespace slotway::metrics {

extern const std::span<const EmbeddedFile> kApiFiles;

}  // namespace slotway::metrics

namespace slotway::proxy {

TEST_CASE("every page of the API stands in the OpenAPI file, and nothing else does") {
  Server server({}, "none.yaml");
  std::set<std::string> served;
  for (const metrics::AdminPage& page : api::pages(server)) {
    CHECK(served.insert(page.method + " " + page.path).second);
    CHECK(page.path.starts_with("/api/v1/"));
    CHECK_FALSE(page.is_open);
  }
  std::set<std::string> described;
  const auto file = nlohmann::json::parse(metrics::kApiFiles.front().text);
  for (const auto& [path, item] : file["paths"].items()) {
    for (const auto& [method, operation] : item.items()) {
      described.insert((method == "get" ? "GET " : "POST ") + path);
    }
  }
  CHECK(served == described);
}

}  // namespace slotway::proxy
