// Connection: what happens to input that the handler does not take at once.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/wire/connection_parts.h"
#include "wire/connection.h"

namespace slotway::wire {

namespace {

// Takes whole messages of `size` bytes, as a parser would.
void take_messages(Link& link, size_t size) {
  link.handler.take = [&link, size](const Input& input) {
    const size_t whole = input.bytes.size() / size * size;
    link.handler.received.append(input.bytes.substr(0, whole));
    link.handler.missing_bytes = size - (input.bytes.size() - whole);
    return whole;
  };
}

// Sends all of `data` while the loop runs, until the handler has taken `expected` bytes.
bool send_all(Link& link, std::string_view data, size_t expected) {
  size_t sent = 0;
  return run_until(link.loop, [&] {
    sent += link.peer.send(data.substr(sent));
    return link.handler.received.size() == expected;
  });
}

}  // namespace

TEST_CASE("what the handler leaves stands in front of what comes next") {
  const std::string data = pattern(3 << 20);
  for (const Family family : {Family::kTcp, Family::kUnix}) {
    for (const size_t size :
         {size_t{7}, size_t{1000}, size_t{65471}, size_t{65473}, size_t{200001}, data.size()}) {
      Loop loop;
      Link link(loop, family);
      take_messages(link, size);
      const size_t whole = data.size() / size * size;
      CHECK(send_all(link, data, whole));
      CHECK(link.handler.received == data.substr(0, whole));
      CHECK(link.connection->bytes_read() - whole == link.connection->unconsumed());
    }
  }
}

TEST_CASE("one byte at a time") {
  Loop loop;
  Link link(loop);
  take_messages(link, 50);
  const std::string data = pattern(500);
  for (const char c : data) {
    link.peer.send({&c, 1});
    const uint64_t before = link.connection->bytes_read();
    CHECK(run_until(loop, [&] { return link.connection->bytes_read() > before; }));
  }
  CHECK(link.handler.received == data);
  CHECK(link.handler.inputs == 500);
}

TEST_CASE("kept input takes memory for what has arrived, not for what was declared") {
  Loop loop;
  Link link(loop);
  size_t worst = 0;
  link.handler.missing_bytes = size_t{1} << 30;
  link.handler.take = [&](const Input& input) {
    const size_t capacity = input.block.get()->capacity;
    if (link.handler.inputs > 1) worst = std::max(worst, capacity / input.bytes.size());
    CHECK((capacity <= 2 * input.bytes.size() + BlockPool::kCapacities.back()));
    return size_t{0};
  };
  const std::string data = pattern(4 << 20);
  size_t sent = 0;
  CHECK(run_until(loop, [&] {
    sent += link.peer.send(std::string_view(data).substr(sent, 3000));
    return link.connection->bytes_read() == data.size();
  }));
  CHECK(link.connection->unconsumed() == data.size());
}

TEST_CASE("kept input is moved seldom, however little the handler says it misses") {
  Loop loop;
  Link link(loop);
  std::vector<const Block*> blocks;
  link.handler.missing_bytes = 1;
  link.handler.take = [&](const Input& input) {
    if (blocks.empty() || blocks.back() != input.block.get()) blocks.push_back(input.block.get());
    return size_t{0};
  };
  const std::string data = pattern(8 << 20);
  size_t sent = 0;
  CHECK(run_until(loop, [&] {
    sent += link.peer.send(std::string_view(data).substr(sent));
    return link.connection->bytes_read() == data.size();
  }));
  CHECK(blocks.size() < 40);
}

TEST_CASE("a stream of messages is read in large pieces, although every read cuts one") {
  Loop loop;
  Link link(loop, Family::kUnix);
  take_messages(link, 1001);
  const std::string data = pattern(1001 * 16000);
  CHECK(send_all(link, data, data.size()));
  CHECK(link.handler.received == data);
  CHECK(data.size() / static_cast<size_t>(link.handler.inputs) > 20000);
}

TEST_CASE("a handler may keep the block that its input lies in") {
  for (const Family family : {Family::kTcp, Family::kUnix}) {
    for (const size_t size : {size_t{100}, size_t{3000}, size_t{50000}, size_t{200000}}) {
      Loop loop;
      Link link(loop, family);
      std::vector<BlockRange> kept;
      link.handler.take = [&](const Input& input) {
        // Of all whole messages one reference; the rest is left.
        const size_t whole = input.bytes.size() / size * size;
        kept.push_back({input.block, input.bytes.data(), whole});
        link.handler.received.append(input.bytes.substr(0, whole));
        link.handler.missing_bytes = size - (input.bytes.size() - whole);
        return whole;
      };
      const std::string data = pattern(size * 20);
      CHECK(send_all(link, data, data.size()));
      std::string all;
      for (const BlockRange& range : kept) all += range.view();
      CHECK(all == data);
    }
  }
}

TEST_CASE("connections that share the read block do not see one another's bytes") {
  Loop loop;
  Link first(loop), second(loop);
  for (Link* link : {&first, &second}) take_messages(*link, 10);
  std::string a, b;
  for (int i = 0; i < 200; ++i) {
    const std::string part_a(static_cast<size_t>(i % 13 + 1), 'a');
    const std::string part_b(static_cast<size_t>(i % 7 + 1), 'b');
    first.peer.send(part_a);
    second.peer.send(part_b);
    a += part_a;
    b += part_b;
    CHECK(run_until(loop, [&] {
      return first.connection->bytes_read() == a.size() &&
             second.connection->bytes_read() == b.size();
    }));
  }
  CHECK(first.handler.received == a.substr(0, a.size() / 10 * 10));
  CHECK(second.handler.received == b.substr(0, b.size() / 10 * 10));
}

TEST_CASE("while paused nothing is read, and what was kept is delivered on resuming") {
  Loop loop;
  Link link(loop);
  bool accepting = false;
  link.handler.take = [&](const Input& input) {
    if (!accepting) {
      link.connection->pause_reading();
      return size_t{3};
    }
    link.handler.received.append(input.bytes);
    return input.bytes.size();
  };
  link.peer.send("onetwothree");
  CHECK(run_until(loop, [&] { return link.handler.inputs == 1; }));
  CHECK(link.connection->paused());
  CHECK(link.connection->unconsumed() == 8);
  link.peer.send("four");
  run_turns(loop, 10);
  CHECK(link.handler.inputs == 1);
  CHECK(link.connection->bytes_read() == 11);

  link.connection->resume_reading();  // and paused again before the loop got to it
  link.connection->pause_reading();
  run_turns(loop, 10);
  CHECK(link.handler.inputs == 1);

  accepting = true;
  link.connection->resume_reading();
  link.connection->resume_reading();
  CHECK(link.handler.inputs == 1);  // not from within the call
  CHECK(run_until(loop, [&] { return link.handler.received == "twothreefour"; }));
  CHECK_FALSE(link.connection->paused());
  run_turns(loop, 5);
  CHECK(link.handler.inputs <= 3);
}

TEST_CASE("a paused peer is held back by the kernel") {
  Loop loop;
  Link link(loop);
  link.connection->pause_reading();
  const std::string data = pattern(1 << 20);
  size_t sent = 0;
  for (int i = 0; i < 100; ++i) {
    sent += link.peer.send(data);
    run_turns(loop, 1);
  }
  CHECK(link.connection->bytes_read() == 0);
  CHECK(link.peer.send(data) == 0);
  link.connection->resume_reading();
  CHECK(run_until(loop, [&] { return link.handler.received.size() == sent; }));
}

TEST_CASE("nothing is delivered twice when bytes come between resuming and the next turn") {
  Loop loop;
  Link link(loop), other(loop);
  bool first = true;
  link.handler.take = [&](const Input& input) {
    if (std::exchange(first, false)) {
      link.connection->pause_reading();
      return size_t{0};
    }
    link.handler.received.append(input.bytes);
    return input.bytes.size();
  };
  link.peer.send("abc");
  CHECK(run_until(loop, [&] { return link.connection->unconsumed() == 3; }));
  // Resumed in a poll in which its own socket is readable as well: the handler is never called
  // without bytes (RecordingHandler checks that).
  for (int i = 0; i < 50; ++i) {
    other.handler.take = [&](const Input& input) {
      link.connection->resume_reading();
      return input.bytes.size();
    };
    other.peer.send("x");
    link.peer.send("def");
    run_turns(loop, 3);
    first = true;
    link.peer.send("abc");
    run_turns(loop, 3);
  }
  link.connection->resume_reading();
  run_turns(loop, 3);
  CHECK(link.handler.received.size() == link.connection->bytes_read());
}

TEST_CASE("who has had a share of the turn goes on after the others and before what is newer") {
  for (const Family family : {Family::kTcp, Family::kUnix}) {
    Loop loop;
    Link link(loop, family);
    Link other(loop, family);
    const std::string data = pattern(100 * 64);
    link.handler.take = [&](const Input& input) {
      constexpr size_t kShare = 64;
      const size_t share = std::min(kShare, input.bytes.size());
      link.handler.received.append(input.bytes.substr(0, share));
      link.connection->out().append("reply");
      link.connection->flush_soon();
      if (share < input.bytes.size()) link.connection->continue_later();
      return share;
    };
    CHECK(link.peer.send(data) == data.size());
    CHECK(run_until(loop, [&] { return link.handler.inputs >= 10; }));
    // One share a turn, no more; what it produced has gone out; the other is not kept waiting.
    const int before = link.handler.inputs;
    CHECK(other.peer.send("x") == 1);
    CHECK(run_until(loop, [&] { return other.handler.received == "x"; }));
    run_turns(loop, 5);
    CHECK(link.handler.inputs - before >= 5);
    CHECK(link.handler.inputs - before <= 10);
    CHECK(link.handler.received == data.substr(0, 64 * static_cast<size_t>(link.handler.inputs)));
    run_turns(loop, 1);
    link.peer.receive();
    CHECK(link.peer.received.size() >= 5 * static_cast<size_t>(link.handler.inputs - 1));
    // The end of the stream waits for its turn.
    shutdown(link.peer.fd(), SHUT_WR);
    CHECK(run_until(loop, [&] { return link.handler.closed; }));
    CHECK(link.handler.received == data);
  }
}

TEST_CASE("whoever goes on later may pause, be resumed, or be closed before") {
  Loop loop;
  Link link(loop);
  link.handler.take = [&](const Input& input) {
    link.handler.received.append(input.bytes.substr(0, 1));
    if (input.bytes.size() > 1) link.connection->continue_later();
    return size_t{1};
  };
  CHECK(link.peer.send("0123456789") == 10);
  CHECK(run_until(loop, [&] { return link.handler.inputs == 3; }));
  link.connection->pause_reading();
  run_turns(loop, 10);
  CHECK(link.handler.received == "012");
  link.connection->resume_reading();
  CHECK(run_until(loop, [&] { return link.handler.inputs == 6; }));
  CHECK(link.handler.received == "012345");
  link.connection->close("enough");
  CHECK(link.run_until_closed());
  CHECK(link.handler.received == "012345");
}

TEST_CASE("close from the delivery that follows a resume") {
  Loop loop;
  Link link(loop);
  link.handler.take = [&](const Input&) {
    if (link.handler.inputs == 2) {
      link.connection->close("enough");
    } else {
      link.connection->pause_reading();
    }
    return size_t{0};
  };
  link.peer.send("abc");
  CHECK(run_until(loop, [&] { return link.handler.inputs == 1; }));
  link.connection->resume_reading();
  CHECK(link.run_until_closed());
  CHECK(link.handler.reason == "enough");
}

}  // namespace slotway::wire
