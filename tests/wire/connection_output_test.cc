#include <doctest/doctest.h>

#include <string>

#include "tests/wire/connection_parts.h"
#include "wire/connection.h"

namespace slotway::wire {

TEST_CASE("all output of one turn goes out in one write") {
  Loop loop;
  Link link(loop);
  for (int i = 0; i < 1000; ++i) {
    link.connection->out().append("+OK\r\n");
    link.connection->flush_soon();
  }
  CHECK(link.handler.writes == 0);  // not before the loop gets to it
  run_turns(loop, 1);
  CHECK(link.handler.writes == 1);
  CHECK(link.connection->bytes_written() == 5000);
  run_turns(loop, 5);
  CHECK(link.handler.writes == 1);
  link.peer.receive();
  CHECK(link.peer.received.size() == 5000);
}

TEST_CASE("a part of the output waits one turn for the rest, and no longer") {
  Loop loop;
  Link link(loop);
  const auto writes_after_turn = [&](std::string_view output) {
    link.connection->out().append(output);
    if (!output.empty()) link.connection->flush_soon();
    run_turns(loop, 1);
    return link.handler.writes;
  };
  link.handler.expects = true;
  CHECK(writes_after_turn("part,") == 0);
  CHECK(uv_backend_timeout(loop.uv()) == 0);  // the loop does not sleep meanwhile
  CHECK(writes_after_turn("rest;") == 1);
  CHECK(link.connection->bytes_written() == 10);
  CHECK(uv_backend_timeout(loop.uv()) != 0);

  CHECK(writes_after_turn("part,") == 1);
  CHECK(writes_after_turn("") == 2);  // although more is expected still

  CHECK(writes_after_turn("part,") == 2);
  link.handler.expects = false;
  CHECK(writes_after_turn("rest;") == 3);
  CHECK(writes_after_turn("alone;") == 4);

  link.handler.expects = true;
  CHECK(writes_after_turn(std::string(16 * 1024, 'x')) == 5);  // worth a write of its own
  CHECK(writes_after_turn("end") == 5);
  link.connection->close_after_flush("done");
  CHECK(link.run_until_closed());
  while (!link.peer.at_end) link.peer.receive();
  CHECK(link.peer.received ==
        "part,rest;part,part,rest;alone;" + std::string(16 * 1024, 'x') + "end");
}

TEST_CASE("nothing waits a turn for output that cannot be written yet") {
  Loop loop;
  Link link(loop);
  const auto append = [&](size_t size) {
    link.connection->out().append(std::string(size, 'x'));
    link.connection->flush_soon();
    run_turns(loop, 1);
  };
  while (link.connection->out().empty()) append(4096);  // until the kernel takes no more
  link.handler.expects = true;
  append(1);
  CHECK(uv_backend_timeout(loop.uv()) != 0);
}

TEST_CASE("output of more ranges than one write takes goes out whole") {
  Loop loop;
  Link link(loop);
  const std::string data = pattern(500);
  const BlockRef block = loop.pool().acquire(data.size());
  std::memcpy(block->data(), data.data(), data.size());
  for (size_t i = 0; i < data.size(); ++i) {
    link.connection->out().append_reference({block, block.get()->data() + i, 1});
  }
  link.connection->flush_soon();
  run_turns(loop, 1);
  CHECK(link.connection->out().empty());
  CHECK_FALSE(block.shared());
  link.peer.receive();
  CHECK(link.peer.received == data);
}

TEST_CASE("output waits while the peer does not read, and then drains") {
  const std::string data = pattern(16 << 20);
  for (const Family family : {Family::kTcp, Family::kUnix}) {
    Loop loop;
    Link link(loop, family);
    link.connection->out().append(data);
    link.connection->flush_soon();
    run_turns(loop, 50);
    const size_t waiting = link.connection->out().size();
    CHECK(waiting > 0);
    CHECK(waiting + link.connection->bytes_written() == data.size());
    link.connection->out().append("tail");  // behind what the kernel holds already
    link.connection->flush_soon();
    CHECK(run_until(loop, [&] {
      link.peer.receive();
      return link.peer.received.size() == data.size() + 4;
    }));
    CHECK(link.peer.received == data + "tail");
    CHECK(run_until(loop, [&] { return link.connection->out().empty(); }));
    CHECK(link.handler.writes > 1);
  }
}

TEST_CASE("connections may close one another while output is flushed") {
  Loop loop;
  Link first(loop), second(loop);
  for (Link* link : {&first, &second}) {
    Link* const other = link == &first ? &second : &first;
    link->handler.written = [other] { other->connection->close("by the other"); };
    link->connection->out().append("x");
    link->connection->flush_soon();
  }
  CHECK(second.run_until_closed());
  run_turns(loop, 3);
  CHECK(first.handler.writes == 1);
  CHECK(second.handler.writes == 0);
  CHECK_FALSE(first.handler.closed);
}

TEST_CASE("output that a write brings forth goes out in the same turn") {
  Loop loop;
  Link first(loop), second(loop);
  first.handler.written = [&] {
    second.connection->out().append("forwarded");
    second.connection->flush_soon();
  };
  first.connection->out().append("x");
  first.connection->flush_soon();
  run_turns(loop, 1);
  CHECK(second.connection->bytes_written() == 9);
}

TEST_CASE("output that is held leaves when it grows, when it is released, and at the end") {
  for (const Family family : {Family::kTcp, Family::kUnix}) {
    Loop loop;
    Link link(loop, family);
    const auto send = [&](std::string_view bytes) {
      link.connection->out().append(bytes);
      link.connection->flush_soon();
      run_turns(loop, 3);
    };
    link.connection->hold_output(10);
    send("12345");
    CHECK(link.handler.writes == 0);
    send("67890");
    CHECK(link.handler.writes == 1);
    send("abc");
    CHECK(link.handler.writes == 1);
    link.connection->hold_output(0);
    run_turns(loop, 3);
    CHECK(link.handler.writes == 2);
    link.connection->hold_output(10);
    send("def");
    CHECK(link.handler.writes == 2);
    link.connection->close_after_flush("done");
    CHECK(link.run_until_closed());
    while (!link.peer.at_end) link.peer.receive();
    CHECK(link.peer.received == "1234567890abcdef");
    CHECK(link.peer.error == 0);
  }
}

TEST_CASE("close_after_flush delivers everything") {
  const std::string data = pattern(8 << 20);
  for (const Family family : {Family::kTcp, Family::kUnix}) {
    for (const size_t size : {size_t{0}, size_t{10}, data.size()}) {
      Loop loop;
      Link link(loop, family);
      link.connection->out().append(std::string_view(data).substr(0, size));
      link.connection->close_after_flush("done");
      CHECK_FALSE(link.handler.closed);
      run_turns(loop, 5);
      CHECK(run_until(loop, [&] {
        link.peer.receive(100000);
        return link.peer.at_end;
      }));
      CHECK(link.peer.received == data.substr(0, size));
      CHECK(link.run_until_closed());
      CHECK(link.handler.reason == "done");
    }
  }
}

TEST_CASE("close_after_flush delivers its output although input waits") {
  Loop loop;
  Link link(loop);
  link.handler.take = [&](const Input& input) {
    link.connection->out().append("the last word");
    link.connection->close_after_flush("done");
    return input.bytes.size();
  };
  // More than one read takes.
  link.peer.send(pattern(200'000));
  CHECK(link.run_until_closed());
  while (!link.peer.at_end && link.peer.error == 0) link.peer.receive();
  CHECK(link.peer.received == "the last word");
}

TEST_CASE("close_after_flush takes no more input, and input under way loses no output") {
  const std::string data = pattern(4 << 20);
  for (const Family family : {Family::kTcp, Family::kUnix}) {
    Loop loop;
    Link link(loop, family);
    link.handler.take = [&](const Input& input) {
      link.connection->out().append(data);
      link.connection->close_after_flush("protocol error");
      return input.bytes.size();
    };
    link.peer.send("bad");
    CHECK(run_until(loop, [&] { return link.handler.inputs == 1; }));
    // The client has not noticed and goes on to send.
    link.peer.send(std::string(10000, 'x'));
    CHECK(run_until(loop, [&] {
      link.peer.receive(100000);
      return link.peer.at_end || link.peer.error != 0;
    }));
    CHECK(link.peer.received.size() == data.size());
    CHECK(link.peer.received == data);
    CHECK(link.run_until_closed());
    CHECK(link.handler.inputs == 1);
    CHECK(link.handler.reason == "protocol error");
  }
}

TEST_CASE("close_after_flush ends when the peer is gone") {
  const std::string data = pattern(16 << 20);
  Loop loop;
  Link link(loop);
  link.connection->out().append(data);
  link.connection->close_after_flush("done");
  run_turns(loop, 3);
  CHECK_FALSE(link.handler.closed);
  link.peer.reset();
  CHECK(link.run_until_closed());
}

}  // namespace slotway::wire
