#include "proxy/error_kind.h"

#include <doctest/doctest.h>

#include "metrics/error_code.h"

namespace slotway::proxy {

TEST_CASE("what clients read as ERR is counted by what it says") {
  const auto kind = [](std::string_view reply) { return error_kind_of(reply); };
  CHECK(kind("-ERR shard 'a' (127.0.0.1:1): no reply within 5 ms; whether\r\n") == "timeout");
  CHECK(kind("-ERR shard 'a' (replica r:1): no reply within 5 ms\r\n") == "timeout");
  CHECK(kind("-ERR shard 'a' (r:1): connection lost: end of stream\r\n") == "connection_lost");
  CHECK(kind("-ERR shard 'a' (r:1) does not answer: its last\r\n") == "unreachable");
  CHECK(kind("-ERR shard 'a' (r:1) does not keep up: all\r\n") == "unreachable");
  CHECK(kind("-ERR shard 'a' (r:1) is out of reach: connection lost: x\r\n") == "unreachable");
  CHECK(kind("-ERR unknown command 'shard 'a' (r:1): no reply within'\r\n") == "syntax");
  CHECK(kind("-ERR wrong number of arguments for 'get' command\r\n") == "syntax");
  CHECK(kind("-ERR syntax error\r\n") == "syntax");
  CHECK(kind("-ERR shard 'a' (r:1): syntax error\r\n") == "syntax");
  CHECK(kind("!12\r\nERR syntax error\r\n") == "syntax");
}

TEST_CASE("other errors are counted by their codes") {
  for (const char* line : {"-ERR value is not an integer or out of range\r\n", "-ERR\r\n", "-ERR",
                           "-ERR \r\n", "-ERR shard 'a' (r:1) sent a malformed reply\r\n",
                           "-ERR shard 'a\r\n", "-ERR shard 'a' (r:1)\r\n"}) {
    CAPTURE(line);
    CHECK(error_kind_of(line) == "ERR");
  }
  CHECK(error_kind_of("-WRONGTYPE Operation against\r\n") == "WRONGTYPE");
  CHECK(error_kind_of("-BUSY syntax error\r\n") == "BUSY");
  CHECK(error_kind_of("-\r\n") == "");
}

TEST_CASE("each kind has a place of its own among the codes") {
  for (const std::string_view kind :
       {metrics::kTimeout, metrics::kUnreachable, metrics::kConnectionLost, metrics::kSyntax}) {
    CHECK(metrics::kErrorCodes[metrics::error_code_index(kind)] == kind);
  }
}

}  // namespace slotway::proxy
