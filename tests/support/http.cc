#include "tests/support/http.h"

#include <charconv>
#include <exception>

#include "tests/support/socket.h"

namespace slotway::tests {

namespace {

HttpReply ask(uint16_t port, const std::string& request) {
  HttpReply reply;
  try {
    Socket socket = Socket::connect(port);
    socket.send(request);
    std::string text;
    while (socket.receive(text) > 0) continue;
    const size_t space = text.find(' ');
    const size_t body = text.find("\r\n\r\n");
    if (space == std::string::npos || body == std::string::npos) return reply;
    std::from_chars(text.data() + space + 1, text.data() + body, reply.status);
    reply.body = text.substr(body + 4);
  } catch (const std::exception&) {
    reply.status = 0;
  }
  return reply;
}

}  // namespace

HttpReply http_ask(uint16_t port, std::string_view method, std::string_view path,
                   std::string_view headers) {
  return ask(port, std::string(method) + " " + std::string(path) + " HTTP/1.0\r\n" +
                       (method == "POST" ? "Content-Length: 0\r\n" : "") + std::string(headers) +
                       "\r\n");
}

HttpReply http_get(uint16_t port, std::string_view path) { return http_ask(port, "GET", path, ""); }

HttpReply http_post(uint16_t port, std::string_view path) {
  return http_ask(port, "POST", path, "");
}

double metric_sum(std::string_view text, std::string_view name, std::string_view labels) {
  double sum = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!line.starts_with(name)) continue;
    const std::string_view rest = line.substr(name.size());
    if (rest.empty() || (rest[0] != '{' && rest[0] != ' ')) continue;
    if (rest.find(labels) == std::string_view::npos) continue;
    double value = 0;
    const std::string_view number = rest.substr(rest.rfind(' ') + 1);
    std::from_chars(number.data(), number.data() + number.size(), value);
    sum += value;
  }
  return sum;
}

}  // namespace slotway::tests
