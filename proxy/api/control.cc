// What operators tell the proxy to do.

#include <chrono>
#include <future>

#include "metrics/log.h"
#include "proxy/api/answers.h"
#include "proxy/server.h"

namespace slotway::proxy::api {

namespace {

namespace log = metrics::log;

// Slots that move wait for what is in flight to their old owners.
constexpr std::chrono::seconds kReloadPatience{30};

}  // namespace

HttpResponse reload(const Question& question) {
  const auto outcome = std::make_shared<std::promise<Status>>();
  auto applied = outcome->get_future();
  question.server.loop().post([&server = question.server, outcome, by = question.by] {
    server.reload(by, [outcome](const Status& status) { outcome->set_value(status); });
  });
  if (applied.wait_for(kReloadPatience) != std::future_status::ready) {
    return error(503, "the reload still goes on after 30 s; the log will tell its outcome");
  }
  const Status status = applied.get();
  return status.ok() ? json_response({{"applied", true}}) : error(409, status.error().message);
}

HttpResponse drain(const Question& question) {
  question.server.loop().post([&server = question.server, by = question.by] {
    if (server.is_serving()) server.stop(by);  // a second stop() would end it at once
  });
  return json_response({{"draining", true}}, 202);
}

HttpResponse set_log_level(const Question& question) {
  const std::string* const word = question.find("level");
  const auto level = word ? log::level_from(*word) : std::nullopt;
  if (!level) return error(400, "level: expected debug, info, warn or error");
  // By the old level or the new one, whichever lets it through.
  const auto say = [word] { log::info("the admin API sets the level of the log to {}", *word); };
  const bool is_heard = log::enabled(log::Level::kInfo);
  if (is_heard) say();
  log::set_level(*level);
  if (!is_heard) say();
  log::audit("the level of the log is " + *word + ", by " + question.by);
  return json_response({{"level", *word}});
}

}  // namespace slotway::proxy::api
