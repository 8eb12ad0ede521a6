#include <unistd.h>

#include "proxy/api/answers.h"
#include "proxy/server.h"
#include "wire/unix_time.h"

namespace slotway::proxy::api {

HttpResponse version(const Question& question) {
  Json json;
  json["version"] = SLOTWAY_VERSION;
  json["started_unix_ms"] = question.server.started_seconds() * 1000;
  json["now_unix_ms"] = wire::unix_ms();
  json["pid"] = getpid();
  json["workers"] = question.server.workers().size();
  json["pools"] = Json::array();
  for (const config::Pool* const pool : question.pools) json["pools"].push_back(pool->name);
  const metrics::Ready ready = question.server.readiness();
  json["ready"] = ready.ready;
  json["reason"] = ready.reason;
  return json_response(json);
}

}  // namespace slotway::proxy::api
