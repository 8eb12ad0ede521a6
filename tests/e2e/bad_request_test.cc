// Requests that are no requests, or hardly: each gets its error and costs nobody else anything.

#include <doctest/doctest.h>

#include "tests/e2e/servers.h"

namespace slotway::tests {

namespace {

using namespace std::string_literals;

std::string protocol_error(const std::string& what) {
  return "-ERR Protocol error: " + what + "\r\n";
}

}  // namespace

TEST_CASE_TEMPLATE("empty commands are skipped and the next one starts afresh", Server,
                   EVERY_SERVER) {
  Server server;
  RespClient client(server.port());
  for (const char* nothing :
       {"\r\n", "\n", "*-10\r\n", "*0\r\n", "*-1\r\n", "   \r\n", "\r\n*0\r\n\r\n*-1\r\n"}) {
    CAPTURE(nothing);
    client.send(nothing);
    CHECK(client.call({"PING"}).text == "PONG");
    client.send(nothing);
    client.send("PING\r\n");
    CHECK(client.receive().text == "PONG");
    CHECK(client.silent_for(milliseconds(5)));
  }
}

TEST_CASE_TEMPLATE("what is no request gets a protocol error and the end", Server, EVERY_SERVER) {
  Server server;
  Bystander bystander(server.port());
  struct Case {
    std::string bytes;
    std::string answer;
  };
  const std::string ping = "*1\r\n$4\r\nPING\r\n";
  const Case cases[] = {
      {"*3000000000\r\n", "invalid multibulk length"},
      {"*18446744073709551617\r\n", "invalid multibulk length"},
      {"*9223372036854775808\r\n", "invalid multibulk length"},
      {"*+1\r\n$4\r\nPING\r\n", "invalid multibulk length"},
      {"* 1\r\n$4\r\nPING\r\n", "invalid multibulk length"},
      {"*01\r\n$4\r\nPING\r\n", "invalid multibulk length"},
      {"*one\r\n", "invalid multibulk length"},
      {"*1\r\nfooz\r\n", "expected '$', got 'f'"},
      {"*1\r\nfoo\r\n", "expected '$', got 'f'"},
      {"*1\r\n*1\r\n$4\r\nPING\r\n", "expected '$', got '*'"},
      {"*1\r\n$-10\r\n", "invalid bulk length"},
      {"*1\r\n$-1\r\n", "invalid bulk length"},
      {"*1\r\n$2000000000\r\n", "invalid bulk length"},
      {"*1\r\n$2147483645\r\n", "invalid bulk length"},
      {"*1\r\n$9223372036854775807\r\n", "invalid bulk length"},
      {"*1\r\n$18446744073709551616\r\n", "invalid bulk length"},
      {"*1\r\n$blabla\r\n", "invalid bulk length"},
      {"*1\r\n$+4\r\nPING\r\n", "invalid bulk length"},
      {"*1\r\n$ 4\r\nPING\r\n", "invalid bulk length"},
      {"*1\r\n$04\r\nPING\r\n", "invalid bulk length"},
      {"*1\r\n$\r\n", "invalid bulk length"},
      {"*1\n$4\r\nPING\r\n", "invalid multibulk length"},
      {"*1\r\n$4\nPING\r\n", "invalid bulk length"},
      {"SET \"a\r\n", "unbalanced quotes in request"},
      {"\"\r\n", "unbalanced quotes in request"},
      {"SET 'a'b\r\n", "unbalanced quotes in request"},
  };
  double errors = 0;
  for (const Case& bad : cases) {
    CAPTURE(bad.bytes);
    CHECK(last_words(server.port(), bad.bytes) == protocol_error(bad.answer));
    // The same behind a good request, and with more behind it.
    CHECK(last_words(server.port(), ping + bad.bytes + ping) ==
          "+PONG\r\n" + protocol_error(bad.answer));
    CHECK(bystander.is_served());
    errors += 2;
  }
  if constexpr (Server::kIsProxy) CHECK(server.protocol_errors() == errors);
}

TEST_CASE_TEMPLATE("a bulk without its CRLF is never executed", Server, EVERY_SERVER) {
  Server server;
  Bystander bystander(server.port());
  for (const char* end : {"XY", "\rX", "\n\r", "X\n"}) {
    const std::string answer =
        last_words(server.port(), "*3\r\n$3\r\nSET\r\n$3\r\nbad\r\n$3\r\nabc" + std::string(end));
    CAPTURE(answer);
    CHECK(answer.starts_with("-ERR Protocol error: "));
    CHECK(!bystander.sees("bad"));
  }
  CHECK(bystander.is_served());
}

TEST_CASE_TEMPLATE("bytes without an end are cut off at 64 KiB", Server, EVERY_SERVER) {
  Server server;
  Bystander bystander(server.port());
  for (const std::string& start : {"\0"s, "*\0"s, "$\0"s, "*1\r\n$\0"s, "*1\r\n\0"s, "a"s, "*1"s}) {
    CAPTURE(start);
    // At most so many bytes more than the limit: the server closes while they are sent.
    const std::string answer = last_words(server.port(), start + std::string(70'000, start.back()));
    CHECK(answer.starts_with("-ERR Protocol error: "));
    CHECK(bystander.is_served());
  }
  const std::string line = "SET key " + std::string(70'000, 'x') + "\r\n";
  CHECK(last_words(server.port(), line) == protocol_error("too big inline request"));
  CHECK(!bystander.sees("key"));
}

TEST_CASE_TEMPLATE("nesting ends at once", Server, EVERY_SERVER) {
  Server server;
  Bystander bystander(server.port());
  std::string nested;
  for (int i = 0; i < 40'000; ++i) nested += "*1\r\n";
  CHECK(last_words(server.port(), nested) == protocol_error("expected '$', got '*'"));
  CHECK(bystander.is_served());
}

TEST_CASE_TEMPLATE("odd inline requests get a value or an error", Server, EVERY_SERVER) {
  Server server;
  Bystander bystander(server.port());
  RespClient client(server.port());
  client.send("GET \"x\\x4\"\r\n");
  CHECK(client.receive().null);
  client.send("PING \"ax\\xff\"\r\n");
  CHECK(client.receive().text == "ax\xff");
  client.send("PING \"\\x00\\n\\\"\"\r\n");
  CHECK(client.receive().text == "\0\n\""s);
  client.send("PING ''\r\n");
  CHECK(client.receive().text.empty());
  client.send("PING x y z\r\n");
  CHECK(client.receive().text == "ERR wrong number of arguments for 'ping' command");
  client.send("PING\n");
  CHECK(client.receive().text == "PONG");
  client.send("PING\nPING x\n\nPING y\r\n");
  CHECK(client.receive().text == "PONG");
  CHECK(client.receive().text == "x");
  CHECK(client.receive().text == "y");
  CHECK(client.call({"PING"}).text == "PONG");
  CHECK(bystander.is_served());
}

TEST_CASE_TEMPLATE("declared lengths cost nothing before their bytes come", Server, EVERY_SERVER) {
  Server server;
  Bystander bystander(server.port());
  REQUIRE(bystander.is_served());
  const size_t before = server.process().rss_bytes();
  std::vector<RespClient> clients;
  for (int i = 0; i < 100; ++i) {
    clients.emplace_back(server.port());
    clients.back().send(i % 2 == 0 ? "*1048577\r\n" : "*2\r\n$3\r\nGET\r\n$536870912\r\nabc");
  }
  for (RespClient& client : clients) CHECK(client.silent_for(milliseconds(1)));
  CHECK(bystander.is_served());
  if (kSanitized) {
    MESSAGE("memory is not measured with a sanitizer");
  } else {
    CHECK(server.process().rss_bytes() - before < (4 << 20));
  }
}

TEST_CASE_TEMPLATE("nothing behind QUIT is executed", Server, EVERY_SERVER) {
  Server server;
  Bystander bystander(server.port());
  CHECK(last_words(server.port(), encode_request({"QUIT"}) + encode_request({"SET", "late", "x"}) +
                                      std::string(100'000, 'x')) == "+OK\r\n");
  CHECK(!bystander.sees("late"));
}

TEST_CASE_TEMPLATE("HTTP is closed at once, without a word and with one line in the log", Server,
                   EVERY_SERVER) {
  Server server;
  Bystander bystander(server.port());
  const std::string order = encode_request({"SET", "order", "x"});
  for (int i = 0; i < 20; ++i) {
    CHECK(last_words(server.port(), "POST / HTTP/1.1\r\n" + order).empty());
    CHECK(last_words(server.port(), "Host: x\r\n" + order).empty());
    CHECK(last_words(server.port(), encode_request({"post", "x"}) + order).empty());
  }
  CHECK(!bystander.sees("order"));
  const std::string log = server.process().output();
  const size_t first = log.find("speaks HTTP");
  CHECK(first != std::string::npos);
  CHECK(log.find("speaks HTTP", first + 1) == std::string::npos);
  if constexpr (Server::kIsProxy) {
    CHECK(server.served.proxy.metric_reaches(60, "slotway_client_disconnects_total",
                                             "reason=\"security\""));
  }
}

}  // namespace slotway::tests
