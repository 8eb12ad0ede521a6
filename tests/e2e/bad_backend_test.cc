// Shards that send what they should not: the owners of the requests get an error, the connection is
// replaced, and no client ever gets another's bytes.

#include <doctest/doctest.h>

#include <future>

#include "tests/e2e/servers.h"
#include "tests/support/fake_backend.h"

namespace slotway::tests {

namespace {

using namespace std::string_literals;

// A shard b of a test's choice between two real ones.
struct OddShard {
  explicit OddShard(FakeBackend::Script script)
      : odd(std::move(script)),
        proxy({.shards = three_entries({first.address(), odd.address(), third.address()}),
               .pool = {"timeouts: { request: 2s, stall: 4s }"},
               .workers = 1,
               .wait_for_shards = false}) {}

  RedisServer first;
  RedisServer third;
  FakeBackend odd;
  ProxyProcess proxy;
};

// Answers "GET key" by the key, and what `bad` returns for it to the first command of the first
// connection.
FakeBackend::Script bad_once(std::string bad) {
  return [bad = std::move(bad)](FakeConnection& connection) {
    bool first = connection.number() == 0;
    while (const auto command = connection.receive()) {
      const std::string& key = command->back();
      connection.send(std::exchange(first, false)
                          ? bad
                          : "$" + std::to_string(key.size()) + "\r\n" + key + "\r\n");
    }
  };
}

const std::string kKey1 = key_of_shard(1, 1);
const std::string kKey2 = key_of_shard(1, 2);

}  // namespace

TEST_CASE("a malformed reply fails what is in flight and nothing is passed on of it") {
  const std::string split = "-ERR bad\n+OK\r\n";
  for (const std::string& bad : {split,
                                 "-ERR bad\r+OK\r\n"s,
                                 "+OK\n"s,
                                 "$5\r\nabcdefg\r\n"s,
                                 "$-2\r\n"s,
                                 "*-2\r\n"s,
                                 "$+3\r\nabc\r\n"s,
                                 ":1a\r\n"s,
                                 ":\r\n"s,
                                 "hello\r\n"s,
                                 "\0\r\n"s,
                                 "$3abc\r\n"s,
                                 "*99999999999\r\n"s,
                                 "%1\r\n+a\r\n+b\r\n"s,
                                 "_\r\n"s,
                                 ",1.5\r\n"s,
                                 "#t\r\n"s,
                                 "(1\r\n"s,
                                 ">2\r\n+message\r\n+x\r\n"s,
                                 "~1\r\n+a\r\n"s,
                                 "=7\r\ntxt:abc\r\n"s,
                                 "!3\r\nERR\r\n"s}) {
    CAPTURE(bad);
    OddShard shard(bad_once(bad));
    Bystander bystander(shard.proxy.port());
    RespClient client = shard.proxy.client();
    RespClient other = shard.proxy.client();
    client.request({"GET", kKey1});
    const RespValue reply = client.receive();
    CAPTURE(reply.to_string());
    CHECK(reply.is_error());
    CHECK(reply.text.starts_with("ERR shard 'b'"));
    // The next connection is a good one, and everybody gets their own.
    CHECK(eventually([&] { return other.call({"GET", kKey2}).text == kKey2; }));
    CHECK(client.call({"GET", kKey1}).text == kKey1);
    CHECK(shard.odd.connections() == 2);
    CHECK(shard.proxy.metric("slotway_shard_reconnects_total", "shard=\"b\"") == 1);
    if (bad == split) CHECK(bystander.is_served());
  }
}

TEST_CASE("a reply nested without end is given up") {
  std::string nested;
  for (int i = 0; i < 40'000; ++i) nested += "*1\r\n";
  OddShard shard(bad_once(nested));
  RespClient client = shard.proxy.client();
  CHECK(client.call({"GET", kKey1}).is_error());
  CHECK(eventually([&] { return client.call({"GET", kKey1}).text == kKey1; }));
}

TEST_CASE("a reply in front of any request is nobody's") {
  OddShard shard([](FakeConnection& connection) {
    if (connection.number() < 2) connection.send("$6\r\nnobody\r\n");
    while (const auto command = connection.receive()) {
      const std::string& key = command->back();
      connection.send("$" + std::to_string(key.size()) + "\r\n" + key + "\r\n");
    }
  });
  RespClient client = shard.proxy.client();
  CHECK(eventually([&] {
    const RespValue reply = client.call({"GET", kKey1});
    if (reply.is_error()) return false;
    CHECK(reply.text == kKey1);
    return true;
  }));
  CHECK(shard.odd.connections() >= 3);
  CHECK(shard.proxy.process().output().find("answered a PING with: $6") != std::string::npos);
}

TEST_CASE("a reply that is no PONG is not taken for the answer to a probe") {
  OddShard shard([](FakeConnection& connection) {
    connection.answer_pings = connection.number() > 0;
    if (connection.number() == 0) {
      connection.send("$6\r\nnobody\r\n");
      connection.receive();
      connection.sleep(patience(milliseconds(100)));
      connection.send("+PONG\r\n");
    }
    while (const auto command = connection.receive()) connection.send("$3\r\nown\r\n");
  });
  RespClient client = shard.proxy.client();
  CHECK(eventually([&] {
    const RespValue reply = client.call({"GET", kKey1});
    if (reply.is_error()) return false;
    CHECK(reply.text == "own");
    return true;
  }));
}

TEST_CASE("an extra reply is no later request's") {
  OddShard shard([](FakeConnection& connection) {
    while (const auto command = connection.receive()) {
      const std::string& key = command->back();
      const std::string reply = "$" + std::to_string(key.size()) + "\r\n" + key + "\r\n";
      connection.send(connection.number() == 0 ? reply + "$5\r\nextra\r\n" : reply);
    }
  });
  RespClient client = shard.proxy.client();
  CHECK(client.call({"GET", kKey1}).text == kKey1);
  CHECK(eventually([&] {
    const RespValue reply = client.call({"GET", kKey2});
    if (reply.is_error()) return false;
    CHECK(reply.text == kKey2);
    return true;
  }));
  CHECK(shard.odd.connections() == 2);
}

TEST_CASE("a connection that ends at any byte of a reply fails only what it has not answered") {
  const std::string whole = "*2\r\n$3\r\nabc\r\n:12\r\n";
  for (const bool hard : {false, true}) {
    // Connection number n sends n bytes of the second reply. Its first command is answered.
    OddShard shard([&whole, hard](FakeConnection& connection) {
      if (!connection.receive()) return;
      connection.send("+first\r\n");
      if (!connection.receive()) return;
      connection.send(std::string_view(whole).substr(0, connection.number() % whole.size()));
      if (hard) connection.reset();
    });
    Bystander bystander(shard.proxy.port());
    RespClient client = shard.proxy.client();
    size_t failed = 0;
    for (size_t round = 0; failed < whole.size(); ++round) {
      REQUIRE(round < 50 * whole.size());
      const auto replies = client.exchange(encode_request({"GET", kKey1}) +
                                               encode_request({"LRANGE", kKey1, "0", "1"}) +
                                               encode_request({"ECHO", "behind"}),
                                           3);
      REQUIRE(replies[1].starts_with("-ERR shard 'b'"));
      REQUIRE(replies[2] == "$6\r\nbehind\r\n");
      if (replies[0] == "+first\r\n") {
        ++failed;
      } else {
        REQUIRE(replies[0].starts_with("-ERR shard 'b'"));
        std::this_thread::sleep_for(milliseconds(10));
      }
    }
    CHECK(bystander.is_served());
    CHECK(shard.odd.connections() >= whole.size());
  }
}

TEST_CASE("replies that come byte by byte are put together") {
  OddShard shard([](FakeConnection& connection) {
    while (connection.receive()) connection.send_byte_by_byte("*2\r\n$3\r\na\r\n\r\n$-1\r\n");
  });
  REQUIRE(shard.proxy.all_shards_connected());
  RespClient client = shard.proxy.client();
  for (int i = 0; i < 3; ++i) {
    CHECK(client.call({"LRANGE", kKey1, "0", "1"}).to_string() == "*2[$a\r\n $null]");
  }
}

TEST_CASE("a reply that trickles costs its bytes and not a block for each") {
  const std::string value(kSanitized ? 2000 : 20'000, 'v');
  const std::string header = "$" + std::to_string(value.size()) + "\r\n";
  OddShard shard([&](FakeConnection& connection) {
    while (connection.receive()) {
      for (const char byte : header + value) connection.send({&byte, 1});
      connection.sleep(milliseconds(500));
      connection.send("\r\n");
    }
  });
  REQUIRE(shard.proxy.all_shards_connected());
  RespClient client = shard.proxy.client();
  const size_t before = shard.proxy.process().rss_bytes();
  client.request({"GET", kKey1});
  REQUIRE(shard.proxy.metric_reaches(static_cast<double>(value.size()),
                                     "slotway_received_bytes_total", "side=\"shard\""));
  if (!kSanitized) CHECK(shard.proxy.process().rss_bytes() < before + (512 << 10));
  CHECK((client.receive().text == value));
}

TEST_CASE("errors that a shard means are passed on as they are") {
  for (const std::string& error : {"-LOADING Redis is loading the dataset in memory\r\n"s,
                                   "-MISCONF Redis is configured to save RDB snapshots\r\n"s,
                                   "-OOM command not allowed when used memory > 'maxmemory'.\r\n"s,
                                   "-READONLY You can't write against a read only replica.\r\n"s,
                                   "-BUSY script\r\n"s, "-ERR\r\n"s, "-\r\n"s}) {
    OddShard shard(FakeBackend::always(error));
    REQUIRE(shard.proxy.all_shards_connected());
    RespClient client = shard.proxy.client();
    CHECK(client.exchange(encode_request({"SET", kKey1, "x"}), 1).front() == error);
    CHECK(client.exchange(encode_request({"GET", kKey1}), 1).front() == error);
    CHECK(shard.odd.connections() == 1);
  }
}

TEST_CASE("an error without a word is one also where the shards answer together") {
  for (const char* which : {"STATS", "KILL"}) {
    const FakeBackend silent(FakeBackend::always("-\r\n"));
    const ProxyProcess proxy({.shards = {{"a", silent.address()}}, .workers = 1});
    RespClient client = proxy.client();
    CHECK(client.call({"FUNCTION", which}).is_error());
    CHECK(client.call({"ECHO", "alive"}).text == "alive");
  }
}

}  // namespace slotway::tests
