// ApiClient: asks a running slotway's admin API, for the subcommands of the command line.
//
// Waits for each answer, at most 2 s. Redirects are not followed, of an answer 64 MiB are read at
// most, no proxy is taken from the environment. One thread at a time.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "wire/result.h"

namespace slotway::proxy::cli {

using Json = nlohmann::json;

// The token in the first line of the file, or, without a file, in the environment variable
// SLOTWAY_TOKEN; empty if there is neither.
Result<std::string> read_token(const std::string& file);

class ApiClient {
 public:
  // "127.0.0.1:9180", or a URL such as "https://proxy.example/slotway". The token may be empty.
  ApiClient(const std::string& admin, const std::string& token);

  using Query = std::vector<std::pair<std::string, std::string>>;
  // The answer of GET /api/v1/PAGE. An error's message names the URL and what was expected, and is
  // safe to be shown on a terminal.
  Result<Json> get(const std::string& page, const Query& query = {});

 private:
  std::string url_of(const std::string& page, const Query& query) const;

  std::string base_;
  std::string body_;
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy_;
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers_;
};

}  // namespace slotway::proxy::cli
