#include "proxy/hotkeys/webhook.h"

#include <doctest/doctest.h>

#include "tests/support/patience.h"
#include "tests/support/socket.h"

namespace slotway::proxy {

namespace {

using tests::eventually;

std::vector<std::string> messages(size_t count) {
  return std::vector<std::string>(count, R"({"event":"hot"})");
}

// Connections to it are made, and nobody answers.
struct Silent {
  tests::Socket socket = tests::Socket::listen();
  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(socket.local_port()) + "/";
  }
  bool is_asked() const { return socket.readable(tests::kLong); }
};

}  // namespace

TEST_CASE("webhook: the oldest are dropped when too many wait") {
  Silent silent;
  Webhook webhook;
  webhook.aim(silent.url(), "main");
  webhook.send(messages(1));
  REQUIRE(silent.is_asked());  // with that one
  webhook.send(messages(Webhook::kMostWaiting + 7));
  const Webhook::Counts counts = webhook.take_counts();
  CHECK(counts.dropped == 7);
  CHECK(counts.sent == 0);
  CHECK(webhook.take_counts().dropped == 0);
}

TEST_CASE("webhook: with another target all that is under way and waits is dropped") {
  Silent silent;
  Silent other;
  Webhook webhook;
  webhook.aim(silent.url(), "main");
  webhook.send(messages(3));
  REQUIRE(silent.is_asked());
  webhook.send(messages(5));
  webhook.aim(silent.url(), "main");
  CHECK(webhook.take_counts().dropped == 0);
  webhook.aim(other.url(), "main");
  size_t dropped = 0;
  CHECK(eventually([&] { return (dropped += webhook.take_counts().dropped) == 8; }));
  webhook.send(messages(1));
  CHECK(other.is_asked());
}

TEST_CASE("webhook: what is not taken is tried again, then counted") {
  tests::Socket gone = tests::Socket::listen();
  const std::string url = "http://127.0.0.1:" + std::to_string(gone.local_port()) + "/";
  gone.close();
  Webhook webhook;
  webhook.aim(url, "main");
  webhook.send(messages(2));
  size_t failed = 0;
  CHECK(eventually([&] { return (failed += webhook.take_counts().failed) == 2; }));
}

TEST_CASE("webhook: of an answer the status counts, whatever becomes of the rest") {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n";
  for (const bool is_endless : {false, true}) {
    CAPTURE(is_endless);
    Silent server;
    Webhook webhook;
    webhook.aim(server.url(), "main");
    webhook.send(messages(1));
    tests::Socket connection = server.socket.accept(tests::kLong);
    REQUIRE(connection.fd() >= 0);
    for (std::string request; request.find("]}") == std::string::npos;) {
      REQUIRE(connection.receive(request) > 0);
    }
    connection.send(head + std::string(is_endless ? 100'000 : 10, 'x'));
    if (!is_endless) connection.close();
    CHECK(eventually([&] { return webhook.take_counts().sent == 1; }));
    CHECK_FALSE(server.socket.readable(tests::milliseconds(0)));  // it is not asked again
  }
}

TEST_CASE("webhook: one that was never aimed has no thread, and ends") {
  Webhook webhook;
  webhook.aim("", "main");
  CHECK(webhook.take_counts().sent == 0);
}

}  // namespace slotway::proxy
