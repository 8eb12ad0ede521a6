// slotway-store on its own, at the limits of its memory and of what its clients may take of it.

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <future>
#include <optional>

#include "tests/e2e/flood.h"
#include "tests/e2e/servers.h"
#include "tests/e2e/text_field.h"

namespace slotway::tests {

namespace {

constexpr size_t kMiB = 1 << 20;
const std::string kOutOfMemory = "OOM command not allowed when used memory > 'maxmemory'.";

// A store, and a client of it that asks what is and changes what may be.
struct Watched {
  Watched(std::initializer_list<std::pair<std::string, std::string>> settings = {})
      : observer(store.port()) {
    for (const auto& [name, value] : settings) set(name, value);
    REQUIRE(observer.call({"CLIENT", "NO-EVICT", "ON"}).text == "OK");
  }

  void set(const std::string& name, const std::string& value) {
    REQUIRE(observer.call({"CONFIG", "SET", name, value}).text == "OK");
  }
  size_t info(const std::string& name) {
    return std::stoul(field_of(observer.call({"INFO", "everything"}).text, "\n" + name + ":"));
  }
  // A field of CLIENT LIST; nothing if the client has gone.
  std::optional<size_t> field(int64_t id, const std::string& name) {
    const std::string line = observer.call({"CLIENT", "LIST", "ID", std::to_string(id)}).text;
    if (line.empty()) return std::nullopt;
    return std::stoul(field_of(line, " " + name + "="));
  }
  bool is_there(int64_t id) { return field(id, "fd").has_value(); }

  StoreProcess store;
  RespClient observer;
};

// A client that does as it is told and reads nothing of what it is sent then.
struct Told {
  explicit Told(const Watched& watched, int version = 2)
      : client(watched.store.port(), version), id(client.call({"CLIENT", "ID"}).integer()) {}

  RespClient client;
  int64_t id;
};

// So much of a command that is not complete.
std::string half_command(size_t size) {
  return "*2\r\n$3\r\nGET\r\n$" + std::to_string(2 * size) + "\r\n" + std::string(size, 'h');
}

void send_half_command(Watched& watched, Told& told, size_t size) {
  told.client.send(half_command(size));
  CHECK(eventually([&] { return watched.field(told.id, "qbuf").value_or(0) >= size; }));
}

// Sends until the store closes; all in one go is what the kernel takes, not the store.
bool is_closed_by(RespClient& client, const std::string& bytes, int times) {
  for (int i = 0; i < times; ++i) {
    if (!send_all(client, bytes)) return true;
  }
  return false;
}

}  // namespace

// ---- what a client takes

TEST_CASE("a store tells what each of its clients takes") {
  Watched watched;
  Told told(watched);
  const auto field = [&](const std::string& name) { return watched.field(told.id, name).value(); };
  const size_t idle = field("tot-mem");
  CHECK(idle > 0);
  CHECK(idle < 4096);
  CHECK(field("qbuf") == 0);
  send_half_command(watched, told, kMiB);
  CHECK(field("qbuf") >= kMiB);
  CHECK(field("tot-mem") >= idle + kMiB);
  CHECK(eventually([&] { return watched.info("mem_clients_normal") >= idle + kMiB; }));

  Told queueing(watched);
  CHECK(queueing.client.call({"MULTI"}).text == "OK");
  CHECK(queueing.client.call({"SET", "k", std::string(kMiB, 'x')}).text == "QUEUED");
  CHECK(watched.field(queueing.id, "multi-mem").value() >= kMiB);
  CHECK(watched.field(queueing.id, "tot-mem").value() >= kMiB);

  Told reading(watched);
  REQUIRE(watched.observer.call({"SET", "large", std::string(kMiB, 'x')}).text == "OK");
  for (int i = 0; i < 64; ++i) reading.client.request({"GET", "large"});
  CHECK(eventually([&] { return watched.field(reading.id, "omem").value() > 20 * kMiB; }));
  CHECK(watched.field(reading.id, "tot-mem").value() > 20 * kMiB);

  Told subscribed(watched);
  for (int i = 0; i < 100; ++i) {
    subscribed.client.call({"SUBSCRIBE", std::string(1000, 'c') + std::to_string(i)});
  }
  CHECK(watched.field(subscribed.id, "tot-mem").value() > idle + 100'000);
  // The caller's own command is among it.
  CHECK(std::stoul(field_of(watched.observer.call({"CLIENT", "INFO"}).text, " qbuf=")) > 0);
}

// ---- maxmemory-clients

TEST_CASE("a store closes the clients that take the most when all take too much") {
  Watched watched{{"maxmemory-clients", "20mb"}};
  std::vector<Told> small;
  for (int i = 0; i < 8; ++i) {
    small.emplace_back(watched);
    send_half_command(watched, small.back(), kMiB);
  }
  CHECK(watched.info("evicted_clients") == 0);
  Told large(watched);
  CHECK(is_closed_by(large.client, half_command(30 * kMiB), 1));
  CHECK(!watched.is_there(large.id));
  for (const Told& each : small) CHECK(watched.is_there(each.id));
  CHECK(watched.info("evicted_clients") == 1);
  CHECK(watched.info("mem_clients_normal") >= 8 * kMiB);
  CHECK(watched.info("mem_clients_normal") < 20 * kMiB);

  watched.set("maxmemory-clients", "4500kb");
  const auto left =
      std::ranges::count_if(small, [&](auto& each) { return watched.is_there(each.id); });
  CHECK(left == 4);
  CHECK(watched.info("evicted_clients") == 5);
  // And of those that are of different sizes, the largest alone.
  watched.set("maxmemory-clients", "0");
  Told larger(watched);
  send_half_command(watched, larger, 2 * kMiB);
  watched.set("maxmemory-clients", "4500kb");
  CHECK(!watched.is_there(larger.id));
  CHECK(watched.info("evicted_clients") == 6);
}

TEST_CASE("a store spares clients that asked for it, until they take that back") {
  Watched watched{{"maxmemory-clients", "4mb"}};
  Told spared(watched);
  REQUIRE(spared.client.call({"CLIENT", "NO-EVICT", "ON"}).text == "OK");
  send_half_command(watched, spared, 8 * kMiB);
  Told other(watched);
  CHECK((!send_all(other.client, half_command(kMiB)) || other.client.closed()));
  CHECK(watched.is_there(spared.id));
  spared.client.send(std::string(8 * kMiB, 'h') + "\r\n" +
                     encode_request({"CLIENT", "NO-EVICT", "OFF"}));
  CHECK(spared.client.receive().null);
  CHECK(spared.client.receive().text == "OK");
  send_half_command(watched, spared, 2 * kMiB);
  send_all(spared.client, std::string(4 * kMiB - 1, 'h'));
  CHECK(eventually([&] { return !watched.is_there(spared.id); }));
}

TEST_CASE("a store takes maxmemory-clients as a share of maxmemory, too") {
  Watched watched{{"maxmemory", "100mb"}, {"maxmemory-clients", "5%"}};
  Told told(watched);
  send_half_command(watched, told, 4 * kMiB);
  CHECK((is_closed_by(told.client, std::string(4 * kMiB - 1, 'h'), 1) || told.client.closed()));
  Told later(watched);
  send_half_command(watched, later, 4 * kMiB);
  watched.set("maxmemory", "50mb");
  CHECK(!watched.is_there(later.id));
  watched.set("maxmemory", "0");  // a share of nothing is no limit
  Told last(watched);
  send_half_command(watched, last, 8 * kMiB);
  CHECK(watched.info("evicted_clients") == 2);
}

TEST_CASE("a store counts all that a client can make it keep") {
  Watched watched{{"maxmemory-clients", "4mb"}};
  REQUIRE(watched.observer.call({"SET", "large", std::string(kMiB, 'x')}).text == "OK");
  const std::string name(1000, 'n');
  const auto numbered = [&](const Command& words) {
    return [words, name, number = 0]() mutable {
      Command command = words;
      command.push_back(std::to_string(++number + 10'000) + name);
      return command;
    };
  };
  const std::vector<std::pair<std::vector<Command>, std::function<Command()>>> ways = {
      {{},
       [] {
         return Command{"SET", "k", std::string(8 * kMiB, 'x')};
       }},
      {{{"MULTI"}},
       [] {
         return Command{"SET", "k", std::string(kMiB, 'x')};
       }},
      {{},
       [] {
         return Command{"GET", "large"};
       }},
      {{}, numbered({"WATCH"})},
      {{}, numbered({"SUBSCRIBE"})},
      {{}, numbered({"PSUBSCRIBE"})},
      {{}, numbered({"SSUBSCRIBE"})},
      {{}, numbered({"CLIENT", "TRACKING", "ON", "BCAST", "PREFIX"})},
  };
  for (size_t i = 0; i < ways.size(); ++i) {
    CAPTURE(i);
    Told told(watched, 3);
    for (const Command& command : ways[i].first) told.client.call(command);
    std::function<Command()> next = ways[i].second;
    // Replies are not read, but those that are short are of no account.
    for (int sent = 0; sent < 4000; ++sent) {
      if (!send_all(told.client, encode_request(next()))) break;
    }
    CHECK(eventually([&] { return !watched.is_there(told.id); }));
    CHECK(watched.info("evicted_clients") == i + 1);
  }
}

// ---- client-output-buffer-limit, client-query-buffer-limit

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

// ---- maxmemory

TEST_CASE("fault 17: a store at its memory limit refuses commands before it takes much more") {
  constexpr size_t kLimit = 64 * kMiB;
  Watched watched{{"maxmemory", std::to_string(kLimit)}, {"maxmemory-clients", "32mb"}};
  Process& process = watched.store.process();
  const size_t idle = process.rss_bytes();
  RespClient client(watched.store.port());
  client.set_limit(kLong);
  const auto is_refused = [&](const Command& command) {
    return client.call(command).text == kOutOfMemory;
  };
  // What is small itself and makes much is refused in front of the limit.
  for (const Command& command :
       std::vector<Command>{{"SETRANGE", "range", "500000000", "x"},
                            {"SETBIT", "bits", "4000000000", "1"},
                            {"BITFIELD", "field", "SET", "u8", "4000000000", "1"}}) {
    CHECK(is_refused(command));
  }
  REQUIRE(client.call({"SET", "third", std::string(20 * kMiB, 'x')}).text == "OK");
  REQUIRE(client.call({"COPY", "third", "another"}).integer() == 1);
  CHECK(is_refused({"COPY", "third", "more"}));
  CHECK(client.call({"MULTI"}).text == "OK");
  for (int i = 0; i < 20; ++i) client.call({"SETRANGE", std::to_string(i), "30000000", "x"});
  for (const RespValue& reply : client.call({"EXEC"}).items) CHECK(reply.text == kOutOfMemory);

  int written = 0;
  while (client.call({"SET", "k" + std::to_string(written), std::string(100'000, 'x')}).text ==
         "OK") {
    ++written;
  }
  CHECK(written > 150);
  CHECK(written < 300);
  // What is large itself is refused whole. (With its bytes the client is within its own limit.)
  const std::string large(20 * kMiB, 'x');
  CHECK(is_refused({"APPEND", "k0", large}));
  CHECK(is_refused({"SETRANGE", "k0", "0", large}));
  CHECK(is_refused({"MSET", "a", large, "b", "y"}));
  CHECK(is_refused({"RPUSH", "list", large, "y"}));
  CHECK(is_refused({"HSET", "hash", "f", large}));
  Command many = {"SADD", "set"};
  for (int i = 0; i < 200'000; ++i) many.push_back("member:" + std::to_string(i));
  CHECK(is_refused(many));
  // What is queued counts, and is refused like the rest.
  CHECK(client.call({"MULTI"}).text == "OK");
  CHECK(is_refused({"SET", "k", large}));
  CHECK(client.call({"EXEC"}).text.starts_with("EXECABORT"));
  CHECK(client.call({"DEL", "k0", "k1", "k2"}).integer() == 3);
  RespClient queueing(watched.store.port());
  CHECK(queueing.call({"MULTI"}).text == "OK");
  size_t queued = 0;
  for (int i = 0; i < 100; ++i) {
    queued += queueing.call({"SET", "k", std::string(100'000, 'x')}).text == "QUEUED";
  }
  CHECK(queued > 0);
  CHECK(queued < 10);
  CHECK(queueing.call({"EXEC"}).text.starts_with("EXECABORT"));
  // Many whose commands do not end are held to what all clients may take.
  std::vector<Told> clients;
  for (int i = 0; i < 40; ++i) {
    clients.emplace_back(watched);
    send_all(clients.back().client, half_command(4 * kMiB));
  }
  CHECK(watched.info("evicted_clients") > 20);
  if (!kSanitized) CHECK(process.peak_rss_bytes() < idle + kLimit + 80 * kMiB);
  // All others are served, and there is room again when there is less.
  RespClient bystander(watched.store.port());
  CHECK(bystander.call({"GET", "k9"}).text == std::string(100'000, 'x'));
  CHECK(bystander.call({"DEL", "third", "another"}).integer() == 2);
  clients.clear();
  CHECK(eventually([&] { return bystander.call({"SET", "k", "v"}).text == "OK"; }));
}

}  // namespace slotway::tests
