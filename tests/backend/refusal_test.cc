// Which of several reasons a command is refused for: a redis-server 7.0.15 and the store get each
// command from clients in all states, and must give the same one.
#include <doctest/doctest.h>

#include <cctype>
#include <chrono>
#include <string>
#include <vector>

#include "tests/backend/server_pair.h"

namespace slotway::backend {

namespace {

using std::chrono::milliseconds;
using tests::RespClient;

// What is brought about before the command, each a bit.
enum State : unsigned {
  kQueues = 1u << 0,  // behind MULTI
  kQueued = 1u << 1,  // SET stands behind MULTI, too
  kSubscribed = 1u << 2,
  kMonitors = 1u << 3,
  kFull = 1u << 4,    // the server is beyond maxmemory
  kPaused = 1u << 5,  // writes wait
  kStates = 1u << 6,
};

// All kinds of flags, and what the checks know by name; a wrong number of arguments, unknown names.
const std::vector<Command> kCommands = {
    {"SET", "k", "v"},
    {"SET", "k"},
    {"GET", "k"},
    {"GET"},
    {"DEL", "k"},
    {"PUBLISH", "c", "m"},
    {"MULTI"},
    {"MULTI", "x"},
    {"WATCH", "k"},
    {"WATCH"},
    {"UNWATCH"},
    {"DISCARD"},
    {"DISCARD", "x"},
    {"EXEC"},
    {"EXEC", "x"},
    {"RESET"},
    {"PING"},
    {"ECHO", "x"},
    {"SELECT", "1"},
    {"SELECT", "x"},
    {"NOSUCHCOMMAND", "x"},
    {"CLIENT"},
    {"CLIENT", "NOSUCH"},
    {"CLIENT", "GETNAME"},
    {"CLIENT", "GETNAME", "x"},
    {"CONFIG", "GET", "databases"},
    {"OBJECT", "FREQ"},
    {"SUBSCRIBE", "d"},
    {"SUBSCRIBE"},
    {"UNSUBSCRIBE", "d"},
    {"SSUBSCRIBE", "d"},
    {"HELLO", "9"},
    {"HELLO", "3", "AUTH", "nobody", "wrong"},
    {"AUTH", "wrong"},
    {"AUTH"},
    {"MONITOR", "x"},
    {"BLPOP", "k", "0", "x"},
    {"LPUSH", "k"},
};

// One of the two servers.
class Side {
 public:
  explicit Side(uint16_t port) : port_(port), admin_(port) {}

  void configure(const std::string& name, const std::string& value) {
    admin_.call({"CONFIG", "SET", name, value});
  }

  // What a new client in these states is sent for the command, and for the next one; "held" if
  // it has to wait. Then what CLIENT LIST calls the command.
  std::string answers(unsigned states, const Command& command, const Command& next = {"EXEC"}) {
    admin_.call({"FLUSHALL"});
    RespClient client(tests::Socket::connect(port_));
    client.request({"CLIENT", "ID"});
    const std::string id = client.receive_raw();
    if (id[0] == ':') id_ = id.substr(1, id.size() - 3);
    const auto prepare = [&](const Command& first) {
      client.request(first);
      take_reply(client);
    };
    if (states & kMonitors) prepare({"MONITOR"});
    if (states & kQueues) prepare({"MULTI"});
    if (states & kQueues && states & kQueued) prepare({"SET", "k", "w"});
    if (states & kSubscribed) prepare({"SUBSCRIBE", "c"});
    if (states & kFull) configure("maxmemory", "1");
    if (states & kPaused) admin_.call({"CLIENT", "PAUSE", "100000", "WRITE"});
    std::string all = answer(client, command);
    all += "as " + last_command();
    if (all.find("held") == std::string::npos) all += answer(client, next);
    admin_.call({"CLIENT", "UNPAUSE"});
    configure("maxmemory", "0");
    return all;
  }

 private:
  std::string field(const std::string& name) {
    const std::string line = admin_.call({"CLIENT", "LIST", "ID", id_}).text;
    const size_t at = line.find(" " + name + "=");
    if (at == std::string::npos) return "gone";
    const size_t begin = at + name.size() + 2;
    return line.substr(begin, line.find_first_of(" \n", begin) - begin);
  }
  std::string last_command() { return field("cmd") + "\n"; }

  std::string answer(RespClient& client, const Command& command) {
    client.request(command);
    while (client.silent_for(milliseconds(1))) {
      if (field("flags").find('b') != std::string::npos) return "held\n";
    }
    return take_reply(client);
  }

  // What MONITOR shows, which begins with the time, is not asked for.
  static std::string take_reply(RespClient& client) {
    std::string reply;
    do {
      reply = client.receive_raw();
    } while (reply[0] == '+' && std::isdigit(uint8_t(reply[1])));
    return reply;
  }

  uint16_t port_;
  RespClient admin_;
  std::string id_;
};

void compare(Side& redis, Side& store, unsigned states) {
  for (const Command& command : kCommands) {
    CAPTURE(states);
    CAPTURE(printable(command));
    CHECK(store.answers(states, command) == redis.answers(states, command));
  }
}

}  // namespace

TEST_CASE("of several reasons to refuse a command the same is given as by redis-server") {
  const tests::RedisServer redis_server;
  const RunningServer store_server;
  Side redis(redis_server.port());
  Side store(store_server.port());
  for (unsigned states = 0; states < kStates; ++states) {
    if (states & kQueued && !(states & kQueues)) continue;
    // Who has subscribed may give neither MULTI nor MONITOR.
    if (states & kSubscribed && states & (kMonitors | kQueues)) continue;
    compare(redis, store, states);
  }
}

TEST_CASE("CLIENT PAUSE takes any time that redis-server takes") {
  const tests::RedisServer redis_server;
  const RunningServer store_server;
  Side redis(redis_server.port());
  Side store(store_server.port());
  for (const char* const time :
       {"0", "1x", "-1", "-9223372036854775808", "9223372036854775807", "9223372036854775808",
        "9223372036854770000", "9223370000000000000", "100000"}) {
    for (const Command& command : {Command{"CLIENT", "PAUSE", time, "WRITE"},
                                   {"CLIENT", "PAUSE", time, "x"},
                                   {"CLIENT", "PAUSE", time, "WRITE", "x"},
                                   {"CLIENT", "UNBLOCK", time, "ERROR", "x"}}) {
      CAPTURE(printable(command));
      CHECK(store.answers(0, command, {"SET", "k", "v"}) ==
            redis.answers(0, command, {"SET", "k", "v"}));
      // A pause that is on goes on.
      CHECK(store.answers(kPaused, command, {"SET", "k", "v"}) ==
            redis.answers(kPaused, command, {"SET", "k", "v"}));
    }
  }
}

TEST_CASE("a client without a password is refused as by redis-server") {
  const tests::RedisServer redis_server;
  const RunningServer store_server;
  Side redis(redis_server.port());
  Side store(store_server.port());
  redis.configure("requirepass", "secret");
  store.configure("requirepass", "secret");
  for (const unsigned states : {0u, unsigned{kFull}}) compare(redis, store, states);
}

}  // namespace slotway::backend
