// The parts of this folder, against a real redis-server and against each other.

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include "tests/support/fake_backend.h"
#include "tests/support/http.h"
#include "tests/support/process.h"
#include "tests/support/redis_server.h"
#include "tests/support/resp_client.h"

namespace slotway::tests {

TEST_CASE("a client reads replies as trees and as bytes") {
  const RedisServer redis;
  RespClient client(redis.port());
  CHECK(client.call({"SET", "key", std::string("a\0\r\nb", 5)}).text == "OK");
  CHECK(client.call({"GET", "key"}).text == std::string("a\0\r\nb", 5));
  CHECK(client.call({"GET", "absent"}).null);
  CHECK(client.call({"INCR", "n"}).integer() == 1);
  CHECK(client.call({"INCR", "key"}).is_error());
  client.request({"MGET", "n", "absent"});
  CHECK(client.receive_raw() == "*2\r\n$1\r\n1\r\n$-1\r\n");
  RespClient three(redis.port(), 3);
  CHECK(three.call({"CONFIG", "GET", "port"}).type == '%');
}

TEST_CASE("a client exchanges more than the buffers of the kernel hold") {
  const RedisServer redis;
  RespClient client(redis.port());
  const std::string value(20'000, 'x');
  std::string bytes;
  for (int i = 0; i < 2000; ++i) bytes += encode_request({"ECHO", value});
  const std::vector<std::string> replies = client.exchange(bytes, 2000);
  REQUIRE(replies.size() == 2000);
  for (const std::string& reply : replies) REQUIRE(reply == "$20000\r\n" + value + "\r\n");
}

TEST_CASE("a client sees the end of a connection and the end of its patience") {
  const RedisServer redis;
  RespClient client(redis.port());
  CHECK(client.silent_for(milliseconds(10)));
  client.request({"QUIT"});
  CHECK(client.receive_until_end() == "+OK\r\n");
  RespClient other(redis.port());
  other.set_limit(milliseconds(20));
  CHECK(!other.closed());
  CHECK_THROWS(other.receive());
}

TEST_CASE("a reply is found however its bytes come") {
  const std::string stream = "*2\r\n*1\r\n:1\r\n$3\r\na\r\n\r\n+OK\r\n%1\r\n+k\r\n$-1\r\n*-1\r\n";
  ReplyScanner scanner;
  std::vector<size_t> sizes;
  size_t begin = 0;
  for (size_t end = 1; end <= stream.size(); ++end) {
    if (!scanner.scan(std::string_view(stream).substr(begin, end - begin))) continue;
    CHECK(begin + scanner.size() == end);
    sizes.push_back(scanner.size());
    begin = end;
  }
  CHECK(sizes == std::vector<size_t>{21, 5, 13, 5});
}

TEST_CASE("a fake backend runs its script on each connection") {
  FakeBackend fake([](FakeConnection& connection) {
    while (const auto command = connection.receive()) {
      if (command->front() == "HALF") {
        connection.send("$10\r\nabc");
        return connection.reset();
      }
      connection.send_byte_by_byte("$1\r\n" + std::to_string(connection.number()) + "\r\n");
    }
  });
  RespClient first(fake.port());
  CHECK(first.call({"GET", "a"}).text == "0");
  RespClient second(fake.port());
  CHECK(second.call({"GET", "b"}).text == "1");
  second.request({"HALF"});
  CHECK_THROWS(second.receive());
  CHECK(fake.connections() == 2);
  CHECK(fake.commands() == std::vector<std::string>{"GET a", "GET b", "HALF"});
}

TEST_CASE("a full listener completes no connection") {
  const FullListener listener;
  Socket late(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const std::string address = listener.address();
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.find(':') + 1))));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(::connect(late.fd(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == -1);
  CHECK(errno == EINPROGRESS);
  pollfd poll{late.fd(), POLLOUT, 0};
  CHECK(::poll(&poll, 1, 100) == 0);
}

TEST_CASE("a process is watched, signalled and ended") {
  CHECK(run_program({"sh", "-c", "echo out; echo err >&2; exit 3"}).code == 3);
  CHECK(run_program({"sh", "-c", "echo out; echo err >&2"}).output == "out\nerr\n");
  CHECK(run_program({"no-such-program"}).code == 127);
  Process sleeping({"sh", "-c", "ulimit -n; exec sleep 100"}, 50);
  CHECK(sleeping.wait_for_output("50\n"));
  CHECK(sleeping.running());
  CHECK(sleeping.rss_bytes() > 0);
  CHECK(sleeping.descriptors() >= 3);
  sleeping.suspend();
  sleeping.signal(SIGTERM);
  CHECK(!sleeping.wait_exit(milliseconds(20)));
  sleeping.resume();
  CHECK(sleeping.wait_exit() == 128 + SIGTERM);
}

TEST_CASE("samples are summed over the labels that are not asked for") {
  const std::string text =
      "# HELP a_total x\na_total{shard=\"a\",pool=\"main\"} 2\na_total{shard=\"b\"} 3\n"
      "a_total_more 50\nb 1.5\n";
  CHECK(metric_sum(text, "a_total") == 5);
  CHECK(metric_sum(text, "a_total", "shard=\"b\"") == 3);
  CHECK(metric_sum(text, "b") == 1.5);
  CHECK(metric_sum(text, "c") == 0);
}

}  // namespace slotway::tests
