// Several clients of a redis-server 7.0.15 and of the store, which do the same: what each is sent,
// replies and messages, must have the same bytes in the same order.
//
// Left out: clients of RESP3 that are sent messages about their own transactions, since the store
// keeps messages out of replies and Redis 7.0 does not; tracking together with waiting, since a
// value that a waiting client takes is a change to the store, and to Redis only what made it wait
// no longer (so that SWAPDB leaves copies of it behind).
#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "tests/backend/server_pair.h"

namespace slotway::backend {

namespace {

using std::chrono::milliseconds;
using tests::RespClient;

enum class Role : uint8_t { kWorker, kTracker, kSubscriber, kListener };

constexpr std::array kRoles = {Role::kWorker,  Role::kWorker,     Role::kWorker,
                               Role::kTracker, Role::kSubscriber, Role::kListener};

int version_of(Role role) { return role == Role::kTracker || role == Role::kListener ? 3 : 2; }

// One of the two servers with its clients.
class Side {
 public:
  explicit Side(uint16_t port) : admin_(port) {
    for (const Role role : kRoles) {
      clients_.emplace_back(port, version_of(role));
      ids_.push_back(clients_.back().call({"CLIENT", "ID"}).integer());
    }
    admin_.call({"CONFIG", "SET", "notify-keyspace-events", "KEA"});
  }

  int64_t id(size_t client) const { return ids_[client]; }

  // Has a client give a command, until it is answered or waits.
  void give(size_t client, const Command& command) {
    clients_[client].request(command);
    while (clients_[client].silent_for(milliseconds(1))) {
      if (has_flag(client, 'b')) return;
    }
  }

  // What all clients have been sent; "b" and "x" for those that wait or are in a transaction, which
  // are not asked.
  std::vector<std::string> take_all() {
    const std::string token = "barrier" + std::to_string(++barriers_);
    const std::string pong = "$" + std::to_string(token.size()) + "\r\n" + token + "\r\n";
    std::vector<std::string> all;
    for (size_t i = 0; i < clients_.size(); ++i) {
      if (has_flag(i, 'b') || has_flag(i, 'x')) {
        all.push_back(has_flag(i, 'b') ? "b" : "x");
        continue;
      }
      clients_[i].request({"PING", token});
      std::string& sent = all.emplace_back();
      while (true) {
        const std::string reply = clients_[i].receive_raw();
        if (reply == pong || reply == "*2\r\n$4\r\npong\r\n" + pong) break;
        sent += reply;
      }
    }
    return all;
  }

 private:
  bool has_flag(size_t client, char flag) {
    const std::string line =
        admin_.call({"CLIENT", "LIST", "ID", std::to_string(ids_[client])}).text;
    const size_t at = line.find(" flags=") + 7;
    return line.substr(at, line.find(' ', at) - at).find(flag) != std::string::npos;
  }

  RespClient admin_;
  std::vector<RespClient> clients_;
  std::vector<int64_t> ids_;
  int barriers_ = 0;
};

class Source {
 public:
  explicit Source(uint64_t seed) : draw_(seed), tracks_(seed % 2 == 0) {}

  Draw& draw() { return draw_; }

  Command next(Role role) {
    switch (role) {
      case Role::kWorker:
        return draw_.below(3) == 0 && !tracks_ ? waiting()
               : draw_.below(3) == 0           ? transaction()
                                               : change();
      case Role::kTracker:
        return draw_.below(4) == 0 && tracks_ ? tracking()
               : draw_.below(4) == 0          ? transaction()
               : draw_.below(2) == 0          ? change()
                                              : read();
      case Role::kSubscriber:
        return subscription();
      case Role::kListener:
        return draw_.below(2) == 0 ? subscription() : read();
    }
    return {};
  }

 private:
  std::string key() { return draw_.any({"a", "b", "c", "ab"}); }
  std::string channel() { return draw_.any({"one", "two", "__keyevent@0__:set"}); }

  Command change() {
    const std::string a = key();
    const std::string b = key();
    switch (draw_.below(22)) {
      case 0:
      case 1:
      case 2:
        return {"RPUSH", a, "1", "2"};
      case 3:
      case 4:
        return {"ZADD", a, "1", "m", "2", "n"};
      case 5:
        return {"SET", a, "value", draw_.any({"KEEPTTL", "NX", "XX", "GET"})};
      case 6:
        return {"SET", a, "value", "EX", "100"};
      case 7:
        return {"DEL", a, b};
      case 8:
        return {"RENAME", a, b};
      case 9:
        return {"LMOVE", a, b, "LEFT", "RIGHT"};
      case 10:
        return {"LPOP", a};
      case 11:
        return {"ZREM", a, "m"};
      case 12:
        return {"INCR", a};
      case 13:
        return {"EXPIRE", a, draw_.any({"100", "-1"})};
      case 14:
        return {"COPY", a, b};
      case 15:
        return {"SELECT", draw_.any({"0", "0", "1"})};
      case 16:
        return {"MOVE", a, draw_.any({"0", "1"})};
      case 17:
        return draw_.below(4) == 0 ? Command{"FLUSHALL"} : Command{"SWAPDB", "0", "1"};
      case 18:
        return {"PUBLISH", channel(), "message"};
      case 19:
        return {"SPUBLISH", channel(), "message"};
      case 20:
        return {"GETEX", a, draw_.any({"PERSIST", "PERSIST"})};
      default:
        return {"APPEND", a, "x"};
    }
  }

  Command read() {
    const std::string a = key();
    switch (draw_.below(6)) {
      case 0:
        return {"GET", a};
      case 1:
        return {"MGET", a, key()};
      case 2:
        return {"LRANGE", a, "0", "-1"};
      case 3:
        return {"EXISTS", a};
      case 4:
        return {"PTTL", "missing"};
      default:
        return {"STRLEN", a};
    }
  }

  Command transaction() {
    switch (draw_.below(6)) {
      case 0:
        return {"WATCH", key(), key()};
      case 1:
        return {"UNWATCH"};
      case 2:
        return {"DISCARD"};
      case 3:
        return {"MULTI"};
      case 4:
        return {"GET"};  // fails the transaction
      default:
        return {"EXEC"};
    }
  }

  Command waiting() {
    const std::string a = key();
    const std::string b = key();
    switch (draw_.below(8)) {
      case 0:
        return {"BLPOP", a, b, "0"};
      case 1:
        return {"BRPOP", a, "0"};
      case 2:
        return {"BLMOVE", a, b, "LEFT", "RIGHT", "0"};
      case 3:
        return {"BLMPOP", "0", "2", a, b, "LEFT", "COUNT", "2"};
      case 4:
        return {"BZPOPMIN", a, b, "0"};
      case 5:
        return {"BZMPOP", "0", "3", a, b, a, "MAX"};
      default:
        return {"RPUSH", a, "1", "2", "3"};
    }
  }

  Command tracking() {
    switch (draw_.below(9)) {
      case 0:
        return {"CLIENT", "TRACKING", "OFF"};
      case 1:
        return {"CLIENT", "TRACKING", "ON"};
      case 2:
        return {"CLIENT", "TRACKING", "ON", "NOLOOP"};
      case 3:
        return {"CLIENT", "TRACKING", "ON", "OPTIN"};
      case 4:
        return {"CLIENT", "TRACKING", "ON", "OPTOUT"};
      case 5:
        return {"CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "a"};
      case 6:
        return {"CLIENT", "TRACKING", "ON", "BCAST", "NOLOOP", "PREFIX", draw_.any({"b", "ab"})};
      case 7:
        return {"CLIENT", "TRACKINGINFO"};
      default:
        return {"CLIENT", "CACHING", draw_.any({"YES", "NO"})};
    }
  }

  Command subscription() {
    switch (draw_.below(6)) {
      case 0:
        return {"SUBSCRIBE", channel(), channel()};
      case 1:
        return {"UNSUBSCRIBE", channel()};
      case 2:
        return {"SSUBSCRIBE", channel()};
      case 3:
        return {"SUNSUBSCRIBE", channel()};
      case 4:
        return {draw_.any({"PSUBSCRIBE", "PUNSUBSCRIBE"}), "__keyspace@*"};
      default:
        return {"PING"};
    }
  }

  Draw draw_;
  bool tracks_;
};

void compare_sessions(uint64_t seed, int steps) {
  const tests::RedisServer redis_server;
  const RunningServer store_server;
  Side redis(redis_server.port());
  Side store(store_server.port());
  Source source(seed);
  std::vector<std::string> expected(kRoles.size());
  std::string history;
  for (int i = 0; i < steps; ++i) {
    const size_t client = source.draw().below(kRoles.size());
    if (expected[client] == "b") {
      // It waits: another one may end that.
      if (source.draw().below(4) != 0) continue;
      const char* const how = source.draw().below(2) == 0 ? "TIMEOUT" : "ERROR";
      const size_t other = (client + 1) % kRoles.size();
      if (expected[other] == "b" || kRoles[other] == Role::kSubscriber) continue;
      redis.give(other, {"CLIENT", "UNBLOCK", std::to_string(redis.id(client)), how});
      store.give(other, {"CLIENT", "UNBLOCK", std::to_string(store.id(client)), how});
      history += "unblocks " + std::to_string(client) + "\n";
    } else {
      const Command command = source.next(kRoles[client]);
      history += std::to_string(client) + ": " + printable(command) + "\n";
      redis.give(client, command);
      store.give(client, command);
    }
    expected = redis.take_all();
    const std::vector<std::string> answered = store.take_all();
    for (size_t j = 0; j < expected.size(); ++j) {
      const std::string shown =
          expected[j] == answered[j]
              ? ""
              : history.substr(history.size() - std::min<size_t>(history.size(), 2000));
      CAPTURE(seed);
      CAPTURE(shown);
      CAPTURE(j);
      REQUIRE(answered[j] == expected[j]);
    }
  }
}

}  // namespace

TEST_CASE("several clients get the same from redis-server and the store") {
  const char* const rounds = std::getenv("SLOTWAY_SESSION_ROUNDS");
  for (int seed = 1; seed <= (rounds ? std::atoi(rounds) : 2); ++seed) {
    compare_sessions(static_cast<uint64_t>(seed), 400);
  }
}

}  // namespace slotway::backend
