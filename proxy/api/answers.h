// The answers of the API, by theme; each is in the file of that name. On threads of the admin
// server, while the proxy serves.
#pragma once

#include "proxy/api/question.h"

namespace slotway::proxy::api {

HttpResponse version(const Question& question);
HttpResponse shards(const Question& question);
HttpResponse slots(const Question& question);
HttpResponse clients(const Question& question);
HttpResponse config(const Question& question);
HttpResponse route(const Question& question);
HttpResponse hot_keys(const Question& question);
HttpResponse big_keys(const Question& question);
HttpResponse slow_log(const Question& question);
HttpResponse history(const Question& question);
HttpResponse openapi(const Question& question);

HttpResponse reset_hot_keys(const Question& question);
HttpResponse pin_hot_keys(const Question& question);
HttpResponse unpin_hot_keys(const Question& question);
HttpResponse reload(const Question& question);
HttpResponse drain(const Question& question);
HttpResponse set_log_level(const Question& question);

}  // namespace slotway::proxy::api
