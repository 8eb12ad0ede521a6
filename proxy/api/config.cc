#include "config/json.h"
#include "metrics/log.h"
#include "proxy/api/answers.h"

namespace slotway::proxy::api {

HttpResponse config(const Question& question) {
  config::Config effective = *question.config;
  effective.log.level = metrics::log::name_of(metrics::log::level());  // set at run time
  return {200, "application/json",
          std::make_shared<const std::string>(config::json_text(effective) + "\n")};
}

}  // namespace slotway::proxy::api
