#include "proxy/cli/api_client.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "proxy/cli/text.h"

namespace slotway::proxy::cli {

namespace {

constexpr long kTimeoutMs = 2000;
constexpr size_t kMostRead = 64 << 20;  // bytes of an answer

size_t append(char* data, size_t size, size_t count, void* body) {
  constexpr size_t kFail = 0;
  std::string& text = *static_cast<std::string*>(body);
  if (text.size() + size * count > kMostRead) return kFail;
  text.append(data, size * count);
  return size * count;
}

std::string escaped(CURL* easy, const std::string& text) {
  if (text.empty()) return "";  // to curl, a length of 0 is that of a C string
  char* const bytes = curl_easy_escape(easy, text.data(), static_cast<int>(text.size()));
  std::string result = bytes;
  curl_free(bytes);
  return result;
}

// What it says is wrong, if it says so in the API's way.
std::string error_in(const Json& answer) {
  const auto at = answer.is_object() ? answer.find("error") : answer.end();
  return at != answer.end() && at->is_string() ? shown(at->get<std::string>()) : "";
}

Error failure(const std::string& url, const std::string& text) {
  return {"API", shown(url) + ": " + text};
}

}  // namespace

Result<std::string> read_token(const std::string& file) {
  std::string token;
  std::string source = "SLOTWAY_TOKEN";
  if (file.empty()) {
    const char* const value = std::getenv("SLOTWAY_TOKEN");
    if (value) token = value;
  } else {
    source = shown(file);
    std::ifstream input(file);
    if (!std::getline(input, token)) {
      const std::string reason = input.is_open() ? "is empty" : std::strerror(errno);
      return Error{"TOKEN", source + ": " + reason + ": expected the token in its first line"};
    }
    if (token.ends_with('\r')) token.pop_back();
  }
  // It becomes a line of the request's head.
  const bool is_one_word =
      std::ranges::all_of(token, [](unsigned char c) { return c > ' ' && c < 0x7f; });
  if (!is_one_word || (token.empty() && !file.empty())) {
    return Error{"TOKEN",
                 source + ": expected a token: letters, digits, and characters of -._~+/="};
  }
  return token;
}

ApiClient::ApiClient(const std::string& admin, const std::string& token)
    : base_((admin.find("://") == std::string::npos ? "http://" : "") + admin),
      easy_(nullptr, &curl_easy_cleanup),
      headers_(nullptr, &curl_slist_free_all) {
  while (base_.ends_with('/')) base_.pop_back();
  curl_global_init(CURL_GLOBAL_DEFAULT);
  easy_.reset(curl_easy_init());
  if (!token.empty()) {
    headers_.reset(curl_slist_append(nullptr, ("Authorization: Bearer " + token).c_str()));
  }
  CURL* const easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "slotway/" SLOTWAY_VERSION);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &append);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &body_);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, kTimeoutMs);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  // A name that is still being resolved does not hold the end up.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
}

std::string ApiClient::url_of(const std::string& page, const Query& query) const {
  std::string url = base_ + "/api/v1/" + page;
  char separator = '?';
  for (const auto& [name, value] : query) {
    url += separator + name + '=' + escaped(easy_.get(), value);
    separator = '&';
  }
  return url;
}

Result<Json> ApiClient::get(const std::string& page, const Query& query) {
  const std::string url = url_of(page, query);
  char reason[CURL_ERROR_SIZE] = "";
  body_.clear();
  CURL* const easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, reason);
  const CURLcode code = curl_easy_perform(easy);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, nullptr);
  if (code != CURLE_OK) {
    return failure(url, shown(*reason ? reason : curl_easy_strerror(code)) +
                            ": expected a running slotway that listens there (--admin HOST:PORT)");
  }
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  Json answer = Json::parse(body_, nullptr, false);
  if (status == 200 && answer.is_object()) return answer;
  std::string text = "answers " + std::to_string(status);
  const std::string error = error_in(answer);
  if (!error.empty()) text += ": " + error;
  if (status == 401) {
    text += ": expected its token by --token-file FILE or in SLOTWAY_TOKEN";
  } else if (error.empty()) {
    text += ": expected the admin API of slotway " SLOTWAY_VERSION;
  }
  return failure(url, text);
}

}  // namespace slotway::proxy::cli
