// HttpResponse: one answer of the admin server, and how it is sent through CivetWeb.
#pragma once

#include <memory>
#include <string>

struct mg_connection;

namespace slotway::metrics {

inline constexpr const char* kPlainText = "text/plain; charset=utf-8";

struct HttpResponse {
  int status = 200;
  const char* content_type = kPlainText;
  std::shared_ptr<const std::string> body;  // shared: a text of /metrics may go to several clients
  const char* allow = "GET, HEAD";          // of a 405: what would not have been one
  // With its quotes, of a body that lasts: clients may keep it and ask whether it is still the
  // same, which a 304 without a body says. Empty: nobody keeps it.
  std::string etag = {};
};

HttpResponse text_response(int status, std::string text);

// On the thread that serves `connection`. Sends the answer, without its body if the request was a
// HEAD, and gives up on a client that takes longer than ten seconds for it; the connection closes
// in any case.
void send_response(mg_connection* connection, const HttpResponse& response);

}  // namespace slotway::metrics
