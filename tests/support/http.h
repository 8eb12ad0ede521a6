// GET and POST over HTTP/1.0 and the values in a text of Prometheus's format, for tests of the
// admin port.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace slotway::tests {

struct HttpReply {
  int status = 0;  // 0: no answer
  std::string body;
};
HttpReply http_get(uint16_t port, std::string_view path);
// A POST without a body.
HttpReply http_post(uint16_t port, std::string_view path);
// By any method and with further header lines, "Name: value\r\n" each.
HttpReply http_ask(uint16_t port, std::string_view method, std::string_view path,
                   std::string_view headers);

// The sum of the samples called `name` whose labels contain `labels`, such as `shard="a"`; 0 if
// there is none.
double metric_sum(std::string_view text, std::string_view name, std::string_view labels = {});

}  // namespace slotway::tests
