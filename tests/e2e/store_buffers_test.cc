// slotway-store on its own: client-output-buffer-limit and client-query-buffer-limit.

#include <doctest/doctest.h>

#include <future>
#include <vector>

#include "tests/e2e/watched_store.h"

namespace slotway::tests {

namespace {

// What a client that does not read is sent. It is closed once `limited` of them are over the limit
// of its class.
struct Output {
  const char* limit_class;
  std::vector<Command> begins_with;  // of the client
  Command each;                      // of the client, or of another
  bool is_of_other;
};

const std::string kMessage(256 * 1024, 'm');

const std::vector<Output> kOutputs = {
    {"normal", {}, {"GET", "large"}, false},
    {"normal", {}, {"LRANGE", "list", "0", "-1"}, false},
    {"normal", {}, {"ECHO", kMessage}, false},
    {"normal", {{"MONITOR"}}, {"SET", "k", kMessage}, true},
    {"normal", {{"CLIENT", "TRACKING", "ON", "BCAST"}}, {"SET", kMessage, "v"}, true},
    {"pubsub", {{"SUBSCRIBE", "c"}}, {"PUBLISH", "c", kMessage}, true},
    {"pubsub", {{"PSUBSCRIBE", "*"}}, {"PUBLISH", "c", kMessage}, true},
    {"pubsub", {{"SSUBSCRIBE", "c"}}, {"SPUBLISH", "c", kMessage}, true},
};

// Has the client sent so much that the kernel cannot take it all, or until it is closed.
void send_much(Watched& watched, Told& told, const Output& output, int times) {
  RespClient other(watched.store.port());
  for (int i = 0; i < times && watched.is_there(told.id); ++i) {
    if (output.is_of_other) {
      other.call(output.each);
    } else if (!send_all(told.client, encode_request(output.each))) {
      return;
    }
  }
}

void fill(Watched& watched) {
  RespClient& client = watched.observer;
  REQUIRE(client.call({"SET", "large", std::string(256 * 1024, 'x')}).text == "OK");
  for (int i = 0; i < 256; ++i) client.call({"RPUSH", "list", std::string(1024, 'x')});
}

Command words_of(const Output& output, const std::string& limits) {
  return {"client-output-buffer-limit", std::string(output.limit_class) + " " + limits};
}

}  // namespace

TEST_CASE("a store closes a client that is sent more than its hard limit, whatever that is") {
  constexpr int kTimes = 160;  // 40 MiB
  Watched watched{{"client-output-buffer-limit", "normal 0 0 0 pubsub 0 0 0"}};
  fill(watched);
  size_t closed = 0;
  for (const Output& output : kOutputs) {
    CAPTURE(output.each[0]);
    Told told(watched, 3);
    for (const Command& command : output.begins_with) told.client.call(command);
    send_much(watched, told, output, kTimes);
    CHECK(watched.is_there(told.id));
    // Set while it runs, the limit holds for what is there already.
    const Command limit = words_of(output, "4mb 0 0");
    watched.set(limit[0], limit[1]);
    CHECK(eventually([&] { return !watched.is_there(told.id); }));
    CHECK(watched.info("clients_closed_output") == ++closed);
    // And at once for what comes then.
    const size_t before = watched.store.process().peak_rss_bytes();
    Told next(watched, 3);
    for (const Command& command : output.begins_with) next.client.call(command);
    send_much(watched, next, output, kTimes);
    CHECK(!watched.is_there(next.id));
    CHECK(watched.info("clients_closed_output") == ++closed);
    if (!kSanitized) CHECK(watched.store.process().peak_rss_bytes() < before + 16 * kMiB);
    const Command none = words_of(output, "0 0 0");
    watched.set(none[0], none[1]);
  }
}

TEST_CASE("a store closes a client for one reply that is over its hard limit") {
  Watched watched{{"client-output-buffer-limit", "normal 4mb 0 0"}};
  RespClient& observer = watched.observer;
  REQUIRE(observer.call({"SETRANGE", "large", std::to_string(8 * kMiB), "x"}).type == ':');
  for (int i = 0; i < 100; ++i) observer.call({"RPUSH", "list", std::string(100'000, 'x')});
  for (const Command& command :
       std::vector<Command>{{"GET", "large"}, {"LRANGE", "list", "0", "-1"}}) {
    Told told(watched);
    told.client.request(command);
    told.client.receive_until_end();
    CHECK(!watched.is_there(told.id));
  }
  // Within MULTI as well.
  Told told(watched);
  told.client.send("MULTI\r\nGET large\r\nEXEC\r\n");
  told.client.receive_until_end();
  CHECK(watched.info("clients_closed_output") == 3);
  CHECK(observer.call({"PING"}).text == "PONG");
}

TEST_CASE("a store closes a client that stays over its soft limit") {
  Watched watched{{"client-output-buffer-limit", "normal 0 2mb 2 pubsub 0 2mb 2"}};
  fill(watched);
  for (const Output& output : {kOutputs[0], kOutputs[5]}) {
    CAPTURE(output.each[0]);
    Told stays(watched, 3);
    Told reads(watched, 3);
    for (const Command& command : output.begins_with) {
      stays.client.call(command);
      reads.client.call(command);
    }
    const auto begin = Clock::now();
    send_much(watched, stays, output, 160);
    if (!output.is_of_other) send_much(watched, reads, output, 160);
    std::this_thread::sleep_for(milliseconds(500));
    CHECK(watched.is_there(stays.id));
    for (int i = 0; i < 160; ++i) reads.client.receive();
    CHECK(eventually([&] { return !watched.is_there(stays.id); }));
    CHECK(Clock::now() - begin > milliseconds(2000));
    CHECK(watched.is_there(reads.id));
  }
}

TEST_CASE("a store closes a client whose command is over client-query-buffer-limit") {
  Watched watched;
  Told told(watched);
  send_half_command(watched, told, 8 * kMiB);  // it may, by the limit that is set at first
  watched.set("client-query-buffer-limit", "2mb");
  told.client.send("h");
  CHECK(eventually([&] { return !watched.is_there(told.id); }));
  Told many(watched);
  Command command = {"DEL"};
  for (int i = 0; i < 100; ++i) command.push_back(std::string(30'000, 'k'));
  send_all(many.client, encode_request(command));
  CHECK(eventually([&] { return !watched.is_there(many.id); }));
  Told fits(watched);
  CHECK(fits.client.call({"SET", "k", std::string(kMiB, 'x')}).text == "OK");
}

TEST_CASE("a store reads little from a client that waits") {
  Watched watched;
  Told told(watched);
  told.client.request({"BLPOP", "list", "0"});
  const size_t before = watched.store.process().rss_bytes();
  auto sending = std::async(std::launch::async, [&] {
    for (int i = 0; i < 40; ++i)
      send_all(told.client, encode_request({"ECHO", std::string(kMiB, 'x')}));
  });
  std::this_thread::sleep_for(milliseconds(300));
  CHECK(watched.field(told.id, "qbuf").value() < kMiB);
  if (!kSanitized) CHECK(watched.store.process().rss_bytes() < before + 4 * kMiB);
  watched.observer.call({"RPUSH", "list", "e"});
  CHECK(told.client.receive().to_string() == "*2[$list $e]");
  for (int i = 0; i < 40; ++i) CHECK(told.client.receive().text.size() == kMiB);
  sending.get();
}

}  // namespace slotway::tests
