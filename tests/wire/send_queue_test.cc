#include "wire/send_queue.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include "tests/support/socket.h"

namespace slotway::wire {

namespace {

using tests::Socket;

void check_queue(Socket& writer, Socket& reader) {
  CHECK(unsent_bytes(writer.fd()) == 0);
  const std::string piece(4096, 'x');
  size_t written = 0;
  while (const size_t count = writer.send_some(piece)) written += count;
  CHECK(unsent_bytes(writer.fd()) > 0);
  std::string received;
  while (received.size() < written) REQUIRE(reader.receive(received) > 0);
  CHECK(tests::eventually([&] { return unsent_bytes(writer.fd()) == 0; }));
}

}  // namespace

TEST_CASE("the queue of a TCP socket is full without a reader and empty behind one") {
  Socket listener = Socket::listen();
  Socket reader = Socket::connect(listener.local_port(), 4096);
  Socket writer = listener.accept(tests::kLong);
  check_queue(writer, reader);
}

TEST_CASE("the queue of a Unix socket is full without a reader and empty behind one") {
  int ends[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  Socket writer(ends[0]);
  Socket reader(ends[1]);
  check_queue(writer, reader);
}

TEST_CASE("of what is no socket nothing is queued") { CHECK(unsent_bytes(-1) == 0); }

}  // namespace slotway::wire
