// HttpResponse: one answer of the admin server, and how it is sent through CivetWeb.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct mg_connection;

namespace slotway::metrics {

inline constexpr const char* kPlainText = "text/plain; charset=utf-8";

struct HttpResponse {
  int status = 200;
  const char* content_type = kPlainText;
  std::shared_ptr<const std::string> body;  // shared: a text of /metrics may go to several clients
  const char* header = nullptr;             // one more, such as "Allow: POST"
  // With its quotes, of a body that lasts: clients may keep it and ask whether it is still the
  // same, which a 304 without a body says. Empty: nobody keeps it.
  std::string etag = {};
};

HttpResponse text_response(int status, std::string text);
// {"error": text}
HttpResponse json_error(int status, std::string_view text, const char* header = nullptr);
// The same for a page below /api/, for others the text as a line.
HttpResponse error_response(std::string_view path, int status, std::string_view text,
                            const char* header = nullptr);

// On the thread that serves `connection`. Sends the answer, without its body if the request was a
// HEAD, and gives up on a client that takes longer than ten seconds for it; the connection closes
// in any case.
void send_response(mg_connection* connection, const HttpResponse& response);

}  // namespace slotway::metrics
