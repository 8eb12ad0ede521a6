// Clients that wait for lists, with the same commands at a redis-server 7.0.15 and at the store:
// everybody must be told the same.
#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/backend/running_server.h"
#include "tests/support/redis_server.h"

namespace slotway::backend {

namespace {

using tests::RespClient;

// One line of a script: whose command it is, 0 to 3, and the command. What ends in '~' waits: its
// reply is read at the end.
struct Line {
  size_t client;
  std::string_view command;
};

void await_blocked(RespClient& observer, size_t count) {
  const std::string wanted = "blocked_clients:" + std::to_string(count) + "\r\n";
  for (int i = 0; i < 500; ++i) {
    if (observer.call({"INFO", "clients"}).text.find(wanted) != std::string::npos) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  FAIL("not as many clients wait as should");
}

// All replies, in the order of the script, those of waiting clients behind.
std::string play(uint16_t port, int version, const std::vector<Line>& script) {
  RespClient observer(port);
  std::vector<std::unique_ptr<RespClient>> clients;
  for (int i = 0; i < 4; ++i) clients.push_back(std::make_unique<RespClient>(port, version));
  observer.call({"FLUSHALL"});
  std::string replies;
  std::vector<size_t> waiting;
  for (const Line& line : script) {
    const bool waits = line.command.ends_with('~');
    clients[line.client]->request(words(line.command.substr(0, line.command.size() - waits)));
    if (waits) {
      waiting.push_back(line.client);
      await_blocked(observer, waiting.size());
    } else {
      replies += clients[line.client]->receive_raw();
    }
  }
  for (const size_t client : waiting) {
    replies += std::to_string(client) + ": " + clients[client]->receive_raw();
  }
  return replies;
}

}  // namespace

TEST_CASE("clients that wait for lists are told the same as by redis-server") {
  const std::vector<std::vector<Line>> scripts = {
      // In the order in which they came.
      {{1, "BLPOP k 0~"},
       {2, "BRPOP k 0~"},
       {3, "BLPOP k 0~"},
       {0, "RPUSH k a b c d"},
       {0, "LRANGE k 0 -1"}},
      // Of several keys, the one that gets something.
      {{1, "BLPOP x y z 0~"}, {2, "BRPOP z y 0~"}, {0, "LPUSH y 1"}, {0, "LPUSH z 2"}},
      {{1, "BLPOP k k k 0~"}, {0, "LPUSH k 1"}},
      {{1, "BLMPOP 0 3 x y z RIGHT COUNT 3~"}, {0, "RPUSH y 1 2 3 4 5"}, {0, "LRANGE y 0 -1"}},
      {{1, "BLMPOP 0 1 y LEFT~"}, {2, "BLMPOP 0 2 x y LEFT COUNT 10~"}, {0, "RPUSH y 1 2"}},
      // From one list to another, on which somebody waits.
      {{1, "BLMOVE s d LEFT RIGHT 0~"},
       {2, "BLPOP d 0~"},
       {0, "RPUSH s a b"},
       {0, "LRANGE s 0 -1"},
       {0, "LLEN d"}},
      {{1, "BRPOPLPUSH s d 0~"}, {0, "RPUSH s a b"}, {0, "LRANGE d 0 -1"}, {0, "LRANGE s 0 -1"}},
      {{1, "BLMOVE k k RIGHT LEFT 0~"}, {0, "RPUSH k a b c"}, {0, "LRANGE k 0 -1"}},
      {{1, "BLMOVE a b LEFT RIGHT 0~"},
       {2, "BLMOVE b a LEFT RIGHT 0~"},
       {0, "RPUSH a 1"},
       {0, "LRANGE a 0 -1"},
       {0, "LRANGE b 0 -1"}},
      // A target of another type is an error then, and the element stays.
      {{0, "SET d x"},
       {1, "BLMOVE s d LEFT RIGHT 0~"},
       {2, "BLPOP s 0~"},
       {0, "RPUSH s a"},
       {0, "EXISTS s"}},
      // A value of another type is none.
      {{1, "BLPOP k 0~"},
       {0, "SET k x"},
       {0, "DEL k"},
       {0, "SADD k x"},
       {0, "DEL k"},
       {0, "RPUSH k a"}},
      {{0, "SET k x"}, {1, "BLPOP k 1"}, {1, "BLMOVE k l LEFT LEFT 1"}, {1, "BLPOP none k 1"}},
      // What is gone at the end of a transaction was never there.
      {{1, "BLPOP k 0~"},
       {0, "MULTI"},
       {0, "RPUSH k a"},
       {0, "DEL k"},
       {0, "EXEC"},
       {0, "RPUSH k b"}},
      {{1, "BLPOP k 0~"},
       {0, "MULTI"},
       {0, "RPUSH k a"},
       {0, "LPUSH k b"},
       {0, "EXEC"},
       {0, "LRANGE k 0 -1"}},
      // Within a transaction nobody waits.
      {{0, "MULTI"},
       {0, "BLPOP k 0"},
       {0, "BLMOVE k l LEFT LEFT 0"},
       {0, "BRPOPLPUSH k l 0"},
       {0, "BLMPOP 0 1 k LEFT"},
       {0, "RPUSH k a"},
       {0, "BRPOP k 0"},
       {0, "EXEC"}},
      {{1, "BLPOP k 0.02"},
       {1, "BLMOVE k l LEFT LEFT 0.02"},
       {1, "BRPOPLPUSH k l 0.02"},
       {1, "BLMPOP 0.02 2 k l LEFT"}},
      // Other ways in which a key gets a list.
      {{1, "BLPOP k 0~"}, {0, "RPUSH other a b"}, {0, "RENAME other k"}, {0, "LRANGE k 0 -1"}},
      {{1, "BLPOP k 0~"}, {0, "RPUSH other a b"}, {0, "COPY other k"}, {0, "LRANGE k 0 -1"}},
      {{1, "BLPOP k 0~"}, {0, "RPUSH other a"}, {0, "LMOVE other k LEFT LEFT"}, {0, "EXISTS k"}},
      {{1, "BLPOP k 0~"}, {0, "SELECT 1"}, {0, "RPUSH k a"}, {0, "SWAPDB 0 1"}, {0, "EXISTS k"}},
      {{1, "BLPOP k 0~"}, {0, "SELECT 1"}, {0, "RPUSH k a"}, {0, "MOVE k 0"}, {0, "EXISTS k"}},
  };
  tests::RedisServer redis;
  RunningServer store;
  for (size_t i = 0; i < scripts.size(); ++i) {
    CAPTURE(i);
    for (const int version : {2, 3}) {
      CHECK(play(store.port(), version, scripts[i]) == play(redis.port(), version, scripts[i]));
    }
  }
}

}  // namespace slotway::backend
