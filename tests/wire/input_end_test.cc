#include "wire/input_end.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>

#include "tests/support/socket.h"

namespace slotway::wire {

namespace {

using tests::Socket;

struct Pair {
  static Pair tcp() {
    Socket listener = Socket::listen();
    Socket client = Socket::connect(listener.local_port());
    return {listener.accept(tests::kLong), std::move(client)};
  }
  static Pair unix_domain() {
    int ends[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    return {Socket(ends[0]), Socket(ends[1])};
  }
  Socket server;
  Socket client;
};

}  // namespace

TEST_CASE("input that waits is told before the end") {
  for (const auto make : {&Pair::tcp, &Pair::unix_domain}) {
    Pair pair = make();
    pair.client.send("x");
    REQUIRE(pair.server.readable(tests::kLong));
    CHECK(!end_input(pair.server.fd()));
    std::string got;
    CHECK(pair.server.receive(got) == 1);
    CHECK(end_input(pair.server.fd()));
    pair.server.send("reply");
    CHECK(pair.client.receive(got) == 5);
  }
}

TEST_CASE("a Unix peer cannot send behind the end") {
  Pair pair = Pair::unix_domain();
  CHECK(end_input(pair.server.fd()));
  CHECK_THROWS(pair.client.send("x"));
  std::string got;
  CHECK(pair.server.receive(got) == 0);
}

TEST_CASE("the last bytes and the end of a TCP stream come together") {
  for (int i = 0; i < 200; ++i) {
    Pair pair = Pair::tcp();
    std::string got;
    std::atomic<bool> waits{false};
    bool ended = false;
    std::thread reader([&] {
      waits = true;
      while (got.size() < 5) pair.client.receive(got);
      ended = pair.client.readable(tests::milliseconds(0));
    });
    while (!waits) std::this_thread::yield();
    join_end_to_output(pair.server.fd());
    pair.server.send("reply");
    std::this_thread::yield();
    pair.server.shutdown_sending();
    reader.join();
    REQUIRE(ended);
  }
}

TEST_CASE("what is no socket has no end") {
  CHECK(end_input(-1));
  join_end_to_output(-1);
}

}  // namespace slotway::wire
