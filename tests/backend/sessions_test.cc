// What only one server can show: time, ends of connections, limits of output.
#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "tests/backend/running_server.h"
#include "tests/support/patience.h"

namespace slotway::backend {

namespace {

using std::chrono::milliseconds;
using tests::RespClient;

bool waits(RespClient& asking, const std::string& count) {
  return tests::eventually([&] { return info_field(asking, "blocked_clients") == count; });
}

}  // namespace

// ---- waiting for keys

TEST_CASE("a client that waits is answered soon after its deadline, the soonest first") {
  RunningServer running;
  RespClient late = running.client();
  RespClient soon = running.client();
  late.request(words("BLPOP key 0.2"));
  soon.request(words("BLMOVE key key LEFT LEFT 0.05"));
  const auto begin = std::chrono::steady_clock::now();
  CHECK(soon.receive_raw() == "*-1\r\n");
  CHECK(late.receive_raw() == "*-1\r\n");
  CHECK(std::chrono::steady_clock::now() - begin >= milliseconds(190));
  CHECK(info_field(soon, "blocked_clients") == "0");
}

TEST_CASE("clients are served in the order in which they came") {
  RunningServer running;
  RespClient first = running.client();
  RespClient second = running.client();
  RespClient third = running.client();
  RespClient pusher = running.client();
  first.request(words("BLPOP key 0"));
  REQUIRE(waits(pusher, "1"));
  second.request(words("BRPOP other key 0"));
  REQUIRE(waits(pusher, "2"));
  third.request(words("BLPOP key 0"));
  REQUIRE(waits(pusher, "3"));
  CHECK(ask(pusher, "RPUSH key 1 2") == ":2\r\n");
  CHECK(first.receive_raw() == "*2\r\n$3\r\nkey\r\n$1\r\n1\r\n");
  CHECK(second.receive_raw() == "*2\r\n$3\r\nkey\r\n$1\r\n2\r\n");
  CHECK(third.silent_for(milliseconds(20)));
  CHECK(info_field(pusher, "blocked_clients") == "1");
}

TEST_CASE("what a client sends while it waits is carried out afterwards") {
  RunningServer running;
  RespClient waiting = running.client();
  RespClient pusher = running.client();
  waiting.send("BLPOP key 0\r\nPING\r\nSET a ");
  REQUIRE(waits(pusher, "1"));
  waiting.send("b\r\nGET a\r\n");
  CHECK(waiting.silent_for(milliseconds(20)));
  ask(pusher, "RPUSH key 1");
  CHECK(waiting.receive_raw() == "*2\r\n$3\r\nkey\r\n$1\r\n1\r\n");
  CHECK(waiting.receive_raw() == "+PONG\r\n");
  CHECK(waiting.receive_raw() == "+OK\r\n");
  CHECK(waiting.receive_raw() == "$1\r\nb\r\n");
}

TEST_CASE("a client that goes while it waits takes nothing with it") {
  RunningServer running;
  RespClient pusher = running.client();
  {
    RespClient waiting = running.client();
    waiting.request(words("BLPOP key 0"));
    REQUIRE(waits(pusher, "1"));
  }
  REQUIRE(waits(pusher, "0"));
  CHECK(ask(pusher, "RPUSH key 1") == ":1\r\n");
  CHECK(ask(pusher, "LLEN key") == ":1\r\n");
  RespClient killed = running.client();
  const std::string id = std::to_string(killed.call({"CLIENT", "ID"}).integer());
  killed.request(words("BLPOP none 0"));
  REQUIRE(waits(pusher, "1"));
  CHECK(ask(pusher, "CLIENT KILL ID " + id) == ":1\r\n");
  CHECK(ask(pusher, "RPUSH none 1") == ":1\r\n");
  CHECK(ask(pusher, "LLEN none") == ":1\r\n");
  CHECK(info_field(pusher, "blocked_clients") == "0");
}

TEST_CASE("a wait of a client that wants no replies has none") {
  RunningServer running;
  RespClient waiting = running.client();
  RespClient pusher = running.client();
  waiting.send("CLIENT REPLY SKIP\r\nBLPOP key 0\r\nPING\r\n");
  REQUIRE(waits(pusher, "1"));
  ask(pusher, "RPUSH key 1 2");
  CHECK(waiting.receive_raw() == "+PONG\r\n");
  CHECK(ask(pusher, "LRANGE key 0 -1") == "*1\r\n$1\r\n2\r\n");
}

TEST_CASE("many keys with many waiting clients are given up with their connections") {
  RunningServer running;
  RespClient pusher = running.client();
  {
    std::vector<RespClient> waiting;
    for (int i = 0; i < 50; ++i) {
      waiting.push_back(running.client());
      waiting.back().request({"BLPOP", "a", "b", "c", "a", std::to_string(i % 2 * 100)});
    }
    REQUIRE(waits(pusher, "50"));
    CHECK(info_field(pusher, "clients_in_timeout_table") == "25");
  }
  REQUIRE(waits(pusher, "0"));
  CHECK(info_field(pusher, "clients_in_timeout_table") == "0");
}

// ---- CLIENT PAUSE

TEST_CASE("a transaction with writes waits for the end of a pause, one that reads does not") {
  RunningServer running;
  RespClient writer = running.client();
  RespClient reader = running.client();
  RespClient pauser = running.client();
  for (RespClient* client : {&writer, &reader}) CHECK(ask(*client, "MULTI") == "+OK\r\n");
  CHECK(ask(writer, "SET a 1") == "+QUEUED\r\n");
  CHECK(ask(reader, "GET a") == "+QUEUED\r\n");
  CHECK(ask(pauser, "CLIENT PAUSE 100000 WRITE") == "+OK\r\n");
  CHECK(ask(reader, "EXEC") == "*1\r\n$-1\r\n");
  writer.request({"EXEC"});
  REQUIRE(waits(pauser, "1"));
  CHECK(writer.silent_for(milliseconds(20)));
  CHECK(ask(pauser, "CLIENT UNPAUSE") == "+OK\r\n");
  CHECK(writer.receive_raw() == "*1\r\n+OK\r\n");
}

// ---- messages

TEST_CASE("a subscriber that does not read is closed at its limit") {
  RunningServer running;
  RespClient subscriber = running.client();
  RespClient publisher = running.client();
  publisher.call({"CONFIG", "SET", "client-output-buffer-limit", "pubsub 1mb 0 0"});
  ask(subscriber, "SUBSCRIBE channel");
  const std::string message(64 * 1024, 'm');
  CHECK(tests::eventually([&] {
    return publisher.call({"PUBLISH", "channel", message}).integer() == 0;
  }));
  CHECK(info_field(publisher, "clients_closed_output") == "1");
  CHECK(info_field(publisher, "pubsub_channels") == "0");
}

TEST_CASE(
    "a message to the client that publishes comes in front of the reply, none inside of one") {
  RunningServer running;
  RespClient client(running.port(), 3);
  const std::string message = ">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nm\r\n";
  ask(client, "SUBSCRIBE c");
  CHECK(ask(client, "PUBLISH c m") == message);
  CHECK(client.receive_raw() == ":1\r\n");
  ask(client, "MULTI");
  ask(client, "PUBLISH c m");
  CHECK(ask(client, "EXEC") == "*1\r\n:1\r\n");
  CHECK(client.receive_raw() == message);
}

TEST_CASE("keys that expire are told to those who track them and to subscribers") {
  RunningServer running;
  RespClient tracker(running.port(), 3);
  RespClient writer = running.client();
  ask(writer, "CONFIG SET notify-keyspace-events Ex");
  ask(tracker, "SUBSCRIBE __keyevent@0__:expired");
  ask(tracker, "CLIENT TRACKING ON");
  ask(writer, "SET key value PX 30");
  ask(tracker, "GET key");
  CHECK(tracker.receive_raw() ==
        ">3\r\n$7\r\nmessage\r\n$22\r\n__keyevent@0__:expired\r\n$3\r\nkey\r\n");
  CHECK(tracker.receive_raw() == ">2\r\n$10\r\ninvalidate\r\n*1\r\n$3\r\nkey\r\n");
}

TEST_CASE("a redirection that has gone is told, and found in CLIENT TRACKINGINFO") {
  RunningServer running;
  RespClient tracker(running.port(), 3);
  RespClient writer = running.client();
  std::string id;
  {
    RespClient receiver = running.client();
    id = std::to_string(receiver.call({"CLIENT", "ID"}).integer());
    ask(receiver, "SUBSCRIBE __redis__:invalidate");
    CHECK(ask(tracker, "CLIENT TRACKING ON REDIRECT " + id) == "+OK\r\n");
    ask(tracker, "GET key");
    ask(writer, "SET key 1");
    CHECK(receiver.receive_raw() ==
          "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*1\r\n$3\r\nkey\r\n");
  }
  REQUIRE(tests::eventually([&] { return info_field(writer, "pubsub_channels") == "0"; }));
  ask(tracker, "GET key");
  ask(writer, "SET key 2");
  CHECK(tracker.receive_raw() == ">2\r\n$21\r\ntracking-redir-broken\r\n:" + id + "\r\n");
  CHECK(ask(tracker, "CLIENT TRACKINGINFO").find("broken_redirect") != std::string::npos);
}

TEST_CASE("the tracking table keeps its limit, and tells whom it forgets") {
  RunningServer running([](Settings& settings) { settings.tracking_table_max_keys = 10; });
  RespClient tracker(running.port(), 3);
  RespClient other = running.client();
  ask(tracker, "CLIENT TRACKING ON");
  for (int i = 0; i < 20; ++i) tracker.request({"GET", std::to_string(i)});
  for (int i = 0; i < 30; ++i) tracker.receive_raw();  // ten of them invalidate
  CHECK(info_field(other, "tracking_total_keys") == "10");
  CHECK(info_field(other, "tracking_total_items") == "10");
}

TEST_CASE("MONITOR shows commands and hides passwords") {
  RunningServer running;
  RespClient monitor = running.client();
  RespClient client = running.client();
  CHECK(ask(monitor, "MONITOR") == "+OK\r\n");
  CHECK(ask(monitor, "GET a") == "-ERR Replica can't interact with the keyspace\r\n");
  client.call({"SET", "a", "b\n\x01\""});
  CHECK(monitor.receive_raw().find("\"SET\" \"a\" \"b\\n\\x01\\\"\"\r\n") != std::string::npos);
  ask(client, "MULTI");
  ask(client, "GET a");
  ask(client, "EXEC");
  for (const char* const name : {"\"MULTI\"", "\"GET\"", "\"EXEC\""}) {
    CHECK(monitor.receive_raw().find(name) != std::string::npos);
  }
  ask(client, "AUTH secret");
  CHECK(monitor.receive_raw().find("\"AUTH\" \"(redacted)\"") != std::string::npos);
  CHECK(ask(monitor, "RESET") == "+RESET\r\n");
  ask(client, "PING");
  CHECK(ask(monitor, "GET a") == "$4\r\nb\n\x01\"\r\n");
}

TEST_CASE("RESET ends everything that a session has") {
  RunningServer running;
  RespClient client(running.port(), 3);
  RespClient other = running.client();
  ask(client, "SUBSCRIBE c");
  ask(client, "CLIENT TRACKING ON");
  ask(client, "WATCH a");
  ask(client, "MULTI");
  CHECK(ask(client, "RESET") == "+RESET\r\n");
  CHECK(ask(client, "EXEC") == "-ERR EXEC without MULTI\r\n");
  CHECK(ask(client, "GET a") == "$-1\r\n");
  CHECK(info_field(other, "pubsub_channels") == "0");
  CHECK(info_field(other, "tracking_clients") == "0");
}

}  // namespace slotway::backend
