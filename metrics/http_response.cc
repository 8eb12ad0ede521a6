#include "metrics/http_response.h"

#include <civetweb.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

namespace slotway::metrics {
namespace {

// For the whole of an answer: CivetWeb's own timeout starts anew with each byte that a client
// takes.
constexpr std::chrono::seconds kTimeout{10};
constexpr size_t kChunk = 16384;
// For whatever a browser makes of an answer: nothing is run, shown or asked for but what this
// server gives, no other site frames it, and a type is what it is said to be.
constexpr const char* kBrowserRules =
    "Content-Security-Policy: default-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n";

// False once the client is gone or `deadline` has passed.
bool write_all(mg_connection* connection, std::string_view text,
               std::chrono::steady_clock::time_point deadline) {
  while (!text.empty()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    const size_t size = std::min(kChunk, text.size());
    if (mg_write(connection, text.data(), size) != static_cast<int>(size)) return false;
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace

HttpResponse text_response(int status, std::string text) {
  return {status, kPlainText, std::make_shared<const std::string>(std::move(text))};
}

HttpResponse json_error(int status, std::string_view text, const char* header) {
  using Json = nlohmann::ordered_json;
  std::string body = Json{{"error", text}}.dump(-1, ' ', false, Json::error_handler_t::replace);
  return {status, "application/json", std::make_shared<const std::string>(body += '\n'), header};
}

HttpResponse error_response(std::string_view path, int status, std::string_view text,
                            const char* header) {
  if (path.starts_with("/api/")) return json_error(status, text, header);
  HttpResponse response = text_response(status, std::string(text) + "\n");
  response.header = header;
  return response;
}

void send_response(mg_connection* connection, const HttpResponse& response) {
  const char* method = mg_get_request_info(connection)->request_method;
  bool with_body = method == nullptr || std::string_view(method) != "HEAD";
  const auto deadline = std::chrono::steady_clock::now() + kTimeout;
  int status = response.status;
  std::string head;
  if (!response.etag.empty()) {
    head = fmt::format("ETag: {}\r\nCache-Control: no-cache\r\n", response.etag);
    const char* known = mg_get_header(connection, "If-None-Match");
    if (known != nullptr && known == response.etag) status = 304;
  } else {
    head = "Cache-Control: no-store\r\n";
  }
  if (status == 304) {
    with_body = false;
  } else {
    head += fmt::format("Content-Type: {}\r\nContent-Length: {}\r\n", response.content_type,
                        response.body->size());
  }
  if (response.header) head += fmt::format("{}\r\n", response.header);
  head = fmt::format("HTTP/1.1 {} {}\r\n{}{}Connection: close\r\n\r\n", status,
                     mg_get_response_code_text(connection, status), head, kBrowserRules);
  if (write_all(connection, head, deadline) && with_body) {
    write_all(connection, *response.body, deadline);
  }
}

}  // namespace slotway::metrics
