// DUMP payloads exchanged with redis-server, in both directions, for values of all types: what
// comes back is the same value in the same encoding.
#include <doctest/doctest.h>

#include "tests/backend/server_pair.h"

namespace slotway::backend {

namespace {

using tests::RespClient;

class ValueSource {
 public:
  explicit ValueSource(uint64_t seed) : draw_(seed) {}

  // A command that makes a value of some type at `key`.
  Command make(const std::string& key) {
    const uint64_t count = counts();
    switch (draw_.below(5)) {
      case 0:
        return {"SET", key, text()};
      case 1: {
        Command command = {"SADD", key};
        const bool are_numbers = draw_.below(2) == 0;
        for (uint64_t i = 0; i < count; ++i) command.push_back(are_numbers ? number() : text());
        return command;
      }
      case 2: {
        Command command = {"HSET", key};
        for (uint64_t i = 0; i < 2 * count; ++i) command.push_back(text());
        return command;
      }
      case 3: {
        Command command = {"ZADD", key};
        for (uint64_t i = 0; i < count; ++i) {
          command.push_back(draw_.any(
              {"1", "-0", "inf", "-inf", "1e300", "0.1", "3.0000000001", "-17", "123456789012"}));
          command.push_back(text());
        }
        return command;
      }
      default: {
        Command command = {"RPUSH", key};
        for (uint64_t i = 0; i < count; ++i) {
          command.push_back(draw_.below(100) == 0 ? std::string(9000, 'y') : text());
        }
        return command;
      }
    }
  }
  uint64_t below(uint64_t n) { return draw_.below(n); }

 private:
  uint64_t counts() {
    constexpr uint64_t kCounts[] = {1, 2, 5, 20, 130, 520, 700};
    return kCounts[draw_.below(std::size(kCounts))];
  }
  std::string number() {
    constexpr int64_t kEdges[] = {0,          127,         -128, 32767, -32769,
                                  2147483647, -2147483649, 4096, -4097};
    return std::to_string(kEdges[draw_.below(std::size(kEdges))] +
                          static_cast<int64_t>(draw_.below(1000)));
  }
  std::string text() {
    switch (draw_.below(5)) {
      case 0:
        return number();
      case 1: {
        constexpr uint64_t kSizes[] = {0, 1, 20, 21, 63, 64, 65, 200, 5000};
        return std::string(kSizes[draw_.below(std::size(kSizes))], 'x');
      }
      case 2: {
        std::string noise(draw_.below(40), ' ');
        for (char& c : noise) c = static_cast<char>(draw_.below(256));
        return noise;
      }
      case 3:
        return draw_.any({"abc", "0012", "1.5", "-0"});
      default:
        return std::to_string(draw_.below(1'000'000));
    }
  }

  Draw draw_;
};

class Exchange {
 public:
  Exchange() : redis_client_(redis_.port()), store_client_(store_.port()) {}

  void same(const Command& command) {
    CAPTURE(printable(command));
    REQUIRE(store_client_.call(command).to_string() == redis_client_.call(command).to_string());
  }

  // Makes the value on both sides, gives each one's payload to the other.
  void one(const Command& command) {
    const std::string& key = command[1];
    same({"DEL", key, "copy"});
    same(command);
    same({"OBJECT", "ENCODING", key});
    const std::string theirs = redis_client_.call({"DUMP", key}).text;
    const std::string ours = store_client_.call({"DUMP", key}).text;
    CAPTURE(printable(command));
    REQUIRE(store_client_.call({"RESTORE", "copy", "0", theirs}).text == "OK");
    REQUIRE(redis_client_.call({"RESTORE", "copy", "0", ours}).text == "OK");
    same({"DEBUG", "DIGEST-VALUE", key, "copy"});
    same({"OBJECT", "ENCODING", "copy"});
    if (ours.size() < 300) damage(ours);
  }
  // No payload with a wrong byte is taken.
  void damage(std::string payload) {
    payload[payload.size() / 2] = static_cast<char>(payload[payload.size() / 2] ^ 4);
    same({"RESTORE", "damaged", "0", payload});
  }
  void compare_all() {
    same({"DEBUG", "DIGEST"});
    const std::string digest = store_client_.call({"DEBUG", "DIGEST"}).text;
    REQUIRE(store_client_.call({"DEBUG", "RELOAD"}).text == "OK");
    REQUIRE(store_client_.call({"DEBUG", "DIGEST"}).text == digest);
  }

 private:
  tests::RedisServer redis_{{"--enable-debug-command", "yes"}};
  RunningServer store_;
  RespClient redis_client_;
  RespClient store_client_;
};

}  // namespace

TEST_CASE("payloads of redis-server are read, and the other way round") {
  Exchange exchange;
  for (const uint64_t seed : {1, 2}) {
    ValueSource source(seed);
    for (int i = 0; i < (tests::kSanitized ? 60 : 250); ++i) {
      exchange.one(source.make("k" + std::to_string(source.below(20))));
    }
    exchange.compare_all();
  }
}

TEST_CASE("RESTORE's options are those of redis-server") {
  ServerPair pair(2);
  const std::string payload("\0\x01x\x0a\0\x66\xa1\x4e\x8a\x22\x3c\x1d\xc3", 13);
  pair.compare({
      {"SET", "there", "x"},
      {"RESTORE", "there", "0", "x"},
      {"RESTORE", "a", "0", "x"},
      {"RESTORE", "a", "-1", "x"},
      {"RESTORE", "a", "x", "x"},
      {"RESTORE", "a", "0", "x", "NOPE"},
      {"RESTORE", "a", "0", "x", "IDLETIME"},
      {"RESTORE", "a", "0", "x", "IDLETIME", "-1"},
      {"RESTORE", "a", "0", "x", "IDLETIME", "x"},
      {"RESTORE", "a", "0", "x", "FREQ", "256"},
      {"RESTORE", "a", "0", "x", "FREQ", "1", "IDLETIME", "1"},
      {"RESTORE", "a", "0", payload},
      {"RESTORE", "there", "9223372036854775807", payload, "REPLACE"},
      {"EXISTS", "there"},
      {"SET", "there", "x"},
      {"RESTORE", "a", "0", std::string(1000, '\xff')},
      {"DUMP", "none"},
      {"DUMP", "there"},
      {"SLOWLOG", "GET", "-2"},
      {"SLOWLOG", "GET", "1", "2"},
      {"LATENCY", "HISTORY", "none"},
      {"LATENCY", "GRAPH", "none"},
      {"LATENCY", "RESET", "none"},
      {"ACL", "WHOAMI"},
      {"ACL", "CAT", "nope"},
      {"ACL", "GETUSER", "default"},
      {"ACL", "GETUSER", "nobody"},
      {"ACL", "LIST"},
      {"ROLE"},
      {"FUNCTION", "FLUSH", "x"},
      {"FUNCTION", "FLUSH", "ASYNC", "x"},
      {"CONFIG", "REWRITE"},
      {"CONFIG", "GET", "maxmemory", "MAXMEMORY"},
      {"CONFIG", "SET", "hash-max-ziplist-entries", "5", "hash-max-listpack-entries", "6"},
      {"CONFIG", "SET", "maxmemory-clients", "200%"},
      {"CONFIG", "SET", "maxmemory-clients", "x"},
      {"CONFIG", "SET", "maxmemory-policy", "x"},
      {"CONFIG", "SET", "lfu-log-factor", "-1"},
      {"CONFIG", "SET", "list-max-listpack-size", "3000000000"},
      {"CONFIG", "SET", "latency-tracking-info-percentiles", "1 2 x"},
      {"CONFIG", "SET", "latency-tracking-info-percentiles", "1 101"},
      {"CONFIG", "SET", "latency-tracking", "maybe"},
      {"CONFIG", "SET", "hll-sparse-max-bytes", "1x"},
      {"CONFIG", "SET", "maxmemory", "10mb", "maxmemory-policy", "allkeys-lfu"},
      {"CONFIG", "GET", "maxmemory"},
      {"OBJECT", "FREQ", "there"},
      {"OBJECT", "IDLETIME", "there"},
  });
}

}  // namespace slotway::backend
