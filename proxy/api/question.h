// Question: one request to the admin API, read and checked, and what answers are made of.
//
// On a thread of the admin server.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "metrics/http_query.h"
#include "metrics/http_response.h"

namespace slotway::proxy {

class Server;

namespace api {

// In the order in which members are added. Texts of clients go through wire::as_utf8().
using Json = nlohmann::ordered_json;
using metrics::HttpResponse;

struct Question {
  Server& server;
  std::shared_ptr<const config::Config> config;  // as it is served
  std::map<std::string, std::string> values;     // by the names of parameters, all known
  std::vector<const config::Pool*> pools;  // of `config`: the one by the name of "pool", or all
  size_t count = 100;                      // "count": how many rows, 1 to 10,000
  std::string by = {};  // who asks, for the audit: "127.0.0.1:4711 through the admin API"

  // Null if it was not given.
  const std::string* find(const std::string& name) const;
};

// Puts what the query says into `question`, whose server and config are there. `parameters` are the
// names that the page knows. Gives the answer if something is wrong with it.
std::optional<HttpResponse> read_question(const metrics::HttpQuery& query,
                                          const std::vector<std::string_view>& parameters,
                                          Question& question);

HttpResponse json_response(const Json& json, int status = 200);
// {"error": text}
HttpResponse error(int status, std::string_view text);

}  // namespace api

}  // namespace slotway::proxy
