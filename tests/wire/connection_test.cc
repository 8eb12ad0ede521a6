#include "wire/connection.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/wire/connection_parts.h"

namespace slotway::wire {

TEST_CASE("small and large data go both ways") {
  const std::string data = pattern(8 << 20);
  for (const Family family : {Family::kTcp, Family::kUnix}) {
    for (const size_t size : {size_t{1}, size_t{1000}, size_t{65472}, size_t{65473}, data.size()}) {
      Loop loop;
      Link link(loop, family);
      link.handler.take = [&](const Input& input) {
        link.connection->out().append(input.block, input.bytes);
        link.connection->flush_soon();
        return input.bytes.size();
      };
      size_t sent = 0;
      CHECK(run_until(loop, [&] {
        sent += link.peer.send(std::string_view(data).substr(sent, size - sent));
        link.peer.receive();
        return link.peer.received.size() == size;
      }));
      CHECK(link.peer.received == data.substr(0, size));
      CHECK(link.connection->bytes_read() == size);
      CHECK(link.connection->bytes_written() == size);
      CHECK(link.connection->out().empty());
      CHECK(link.connection->unconsumed() == 0);
    }
  }
}

TEST_CASE("a connection can be closed from each of its calls") {
  const std::string data = pattern(16 << 20);
  for (const Family family : {Family::kTcp, Family::kUnix}) {
    Loop loop;
    {
      Link link(loop, family);
      link.handler.take = [&](const Input&) {
        link.connection->close("from on_input");
        CHECK(link.connection->closing());
        CHECK_FALSE(link.handler.closed);
        return size_t{0};
      };
      link.peer.send("PING\r\n");
      CHECK(link.run_until_closed());
      CHECK(link.handler.reason == "from on_input");
      CHECK(link.handler.inputs == 1);
    }
    {
      Link link(loop, family);  // from on_input with kept input
      link.handler.take = [&](const Input& input) {
        if (input.bytes.size() >= 2) link.connection->close("from the second");
        return size_t{0};
      };
      link.peer.send("a");
      CHECK(run_until(loop, [&] { return link.handler.inputs == 1; }));
      link.peer.send("b");
      CHECK(link.run_until_closed());
      CHECK(link.handler.reason == "from the second");
    }
    for (const size_t size : {size_t{10}, data.size()}) {
      Link link(loop, family);  // from on_written, the kernel's buffer full or not
      link.handler.written = [&] { link.connection->close("from on_written"); };
      link.connection->out().append(std::string_view(data).substr(0, size));
      link.connection->flush_soon();
      CHECK(link.run_until_closed());
      CHECK(link.handler.reason == "from on_written");
      CHECK(link.handler.writes == 1);
    }
    {
      Link link(loop, family);  // from on_written, once libuv has written the rest
      link.handler.written = [&] {
        if (link.handler.writes == 2) link.connection->close("from the late write");
      };
      link.connection->out().append(data);
      link.connection->flush_soon();
      CHECK(run_until(loop, [&] {
        link.peer.receive();
        return link.handler.closed;
      }));
      CHECK(link.handler.reason == "from the late write");
    }
    {
      Link link(loop, family);  // with a write under way
      link.connection->out().append(data);
      link.connection->flush_soon();
      run_turns(loop, 3);
      link.connection->close("while writing");
      link.connection->close("a second time");
      CHECK(link.run_until_closed());
      CHECK(link.handler.reason == "while writing");
    }
    {
      Link link(loop, family);  // before the loop ever ran
      link.connection->out().append("x");
      link.connection->flush_soon();
      link.connection->close("at once");
      CHECK(link.run_until_closed());
      CHECK(link.handler.writes == 0);
    }
  }
}

TEST_CASE("the end of the peer is told with its reason") {
  for (const Family family : {Family::kTcp, Family::kUnix}) {
    Loop loop;
    Link link(loop, family);
    link.peer.send("last words");
    link.peer.close();
    CHECK(link.run_until_closed());
    CHECK(link.handler.received == "last words");
    CHECK(link.handler.reason == "closed by the peer");
  }
  Loop loop;
  Link link(loop);
  link.peer.reset();
  CHECK(link.run_until_closed());
  CHECK(link.handler.reason == "connection reset by peer");
}

TEST_CASE("TCP connects") {
  Loop loop;
  Listener listener(Family::kTcp);
  RecordingHandler handler;
  const auto connected = Connection::connect_tcp(loop, listener.address(), handler);
  REQUIRE(connected.ok());
  Connection* const connection = *connected;
  connection->out().append("early");  // before the connection stands
  connection->flush_soon();
  CHECK(handler.connects == 0);
  CHECK(run_until(loop, [&] { return handler.connects == 1; }));
  Peer accepted = listener.accept();
  CHECK(run_until(loop, [&] {
    accepted.receive();
    return accepted.received == "early";
  }));
  accepted.send("hello");
  CHECK(run_until(loop, [&] { return handler.received == "hello"; }));
  CHECK(connection->peer_name().starts_with("127.0.0.1:"));
  CHECK(connection->local_name() != connection->peer_name());
  CHECK(connection->last_read_ms() <= loop.now_ms());
  accepted.close();
  CHECK(run_until(loop, [&] { return handler.closed; }));
  CHECK(handler.connects == 1);
}

TEST_CASE("Unix sockets connect by path and by abstract name") {
  Loop loop;
  Listener listener(Family::kUnix);
  RecordingHandler handler;
  const auto connected = Connection::connect_unix(loop, listener.abstract_name(), handler);
  REQUIRE(connected.ok());
  Connection* const connection = *connected;
  CHECK(handler.connects == 0);  // never from within the call
  Peer accepted = listener.accept();
  accepted.send("hello");
  CHECK(run_until(loop, [&] { return handler.received == "hello"; }));
  CHECK(handler.connects == 1);
  CHECK(connection->peer_name() == "unix:@" + listener.abstract_name().substr(1));
  CHECK(connection->local_name() == "unix");
  connection->close("enough");
  CHECK(run_until(loop, [&] { return handler.closed; }));
}

TEST_CASE("a connect that is refused") {
  Loop loop;
  {
    Listener listener(Family::kTcp);
    sockaddr_storage address{};
    std::memcpy(&address, &listener.address(), sizeof(sockaddr_in));
    listener.close();
    RecordingHandler handler;
    REQUIRE(Connection::connect_tcp(loop, reinterpret_cast<sockaddr&>(address), handler).ok());
    CHECK_FALSE(handler.closed);
    CHECK(run_until(loop, [&] { return handler.closed; }));
    CHECK(handler.connects == 0);
    CHECK(handler.reason == "connection refused");
  }
  {
    RecordingHandler handler;
    const auto none =
        Connection::connect_unix(loop, std::string_view("\0no-such-name", 13), handler);
    REQUIRE_FALSE(none.ok());
    CHECK(none.error().message == "connect: connection refused");
    const auto no_path = Connection::connect_unix(loop, "/no/such/path", handler);
    REQUIRE_FALSE(no_path.ok());
    CHECK(no_path.error().message == "connect: no such file or directory");
    CHECK_FALSE(Connection::connect_unix(loop, std::string(108, 'x'), handler).ok());
    sockaddr_storage no_family{};
    no_family.ss_family = AF_UNSPEC;
    CHECK_FALSE(
        Connection::connect_tcp(loop, reinterpret_cast<sockaddr&>(no_family), handler).ok());
    run_turns(loop, 3);
    CHECK_FALSE(handler.closed);
  }
}

TEST_CASE("a connection can be closed while it connects") {
  Loop loop;
  Listener listener(Family::kTcp);
  for (const bool flush : {false, true}) {
    RecordingHandler handler;
    const auto tcp = Connection::connect_tcp(loop, listener.address(), handler);
    REQUIRE(tcp.ok());
    if (flush) {
      (*tcp)->close_after_flush("changed my mind");
    } else {
      (*tcp)->close("changed my mind");
    }
    CHECK(run_until(loop, [&] { return handler.closed; }));
    CHECK(handler.reason == "changed my mind");
    CHECK(handler.connects == 0);
  }
  Listener unix_listener(Family::kUnix);
  RecordingHandler early, late;
  const auto first = Connection::connect_unix(loop, unix_listener.abstract_name(), early);
  REQUIRE(first.ok());
  (*first)->close("before it was told");
  const auto second = Connection::connect_unix(loop, unix_listener.abstract_name(), late);
  REQUIRE(second.ok());
  late.connected = [&] { (*second)->close("from on_connected"); };
  CHECK(run_until(loop, [&] { return early.closed && late.closed; }));
  CHECK(early.connects == 0);
  CHECK(late.connects == 1);
  CHECK(late.reason == "from on_connected");
}

TEST_CASE("what is no socket cannot be adopted") {
  Loop loop;
  RecordingHandler handler;
  CHECK_FALSE(Connection::adopt(loop, -1, handler).ok());
  int fds[2];
  REQUIRE(pipe(fds) == 0);
  const Peer write_end(fds[1]);
  CHECK_FALSE(Connection::adopt(loop, fds[0], handler).ok());
  CHECK(fcntl(fds[0], F_GETFD) == -1);  // closed
  run_turns(loop, 2);
  CHECK_FALSE(handler.closed);
}

}  // namespace slotway::wire
