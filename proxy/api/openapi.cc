#include "metrics/embedded_file.h"
#include "proxy/api/answers.h"

namespace slotway::metrics {

extern const std::span<const EmbeddedFile> kApiFiles;

}  // namespace slotway::metrics

namespace slotway::proxy::api {

HttpResponse openapi(const Question&) {
  static const auto kText = std::make_shared<const std::string>(metrics::kApiFiles.front().text);
  return {200, "application/json", kText};
}

}  // namespace slotway::proxy::api
