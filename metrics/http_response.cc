#include "metrics/http_response.h"

#include <civetweb.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

namespace slotway::metrics {
namespace {

// For the whole of an answer: CivetWeb's own timeout starts anew with each byte that a client
// takes.
constexpr std::chrono::seconds kTimeout{10};
constexpr size_t kChunk = 16384;

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

void send_response(mg_connection* connection, const HttpResponse& response) {
  const char* method = mg_get_request_info(connection)->request_method;
  const bool with_body = method == nullptr || std::string_view(method) != "HEAD";
  const auto deadline = std::chrono::steady_clock::now() + kTimeout;
  const std::string head = fmt::format(
      "HTTP/1.1 {} {}\r\n"
      "Content-Type: {}\r\n"
      "Content-Length: {}\r\n"
      "Cache-Control: no-store\r\n"
      "{}{}{}Connection: close\r\n\r\n",
      response.status, mg_get_response_code_text(connection, response.status),
      response.content_type, response.body->size(), response.status == 405 ? "Allow: " : "",
      response.status == 405 ? response.allow : "", response.status == 405 ? "\r\n" : "");
  if (write_all(connection, head, deadline) && with_body) {
    write_all(connection, *response.body, deadline);
  }
}

}  // namespace slotway::metrics
