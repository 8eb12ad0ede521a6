#include "config/json.h"
#include "metrics/log.h"
#include "proxy/api/answers.h"
#include "proxy/server.h"

namespace slotway::proxy::api {

HttpResponse config(const Question& question) {
  config::Config effective = *question.config;
  // What is in force, for CONFIG SET and the API may have changed it.
  effective.log.level = metrics::log::name_of(metrics::log::level());
  question.server.wait_settings().show_in(effective.observe);
  return {200, "application/json",
          std::make_shared<const std::string>(config::json_text(effective) + "\n")};
}

}  // namespace slotway::proxy::api
