// A redis-server 7.0.15 and the store, which are given the same commands: every reply must have the
// same bytes, and in the end the keys must be the same.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "tests/backend/running_server.h"
#include "tests/support/draw.h"
#include "tests/support/redis_server.h"

namespace slotway::backend {

using tests::Command;
using tests::Draw;

inline std::string printable(const Command& command) {
  std::string text;
  for (const std::string& word : command) text += word.substr(0, 60) + " ";
  return text;
}

// The two servers read their clocks one after the other: what is left of a time, or a time that was
// given as a distance from now, may differ by a second, and by more where the machine is busy.
inline bool is_near_in_time(const Command& command, const std::string& a, const std::string& b) {
  if (command[0] != "TTL" && command[0] != "EXPIRETIME") return false;
  if (a[0] != ':' || b[0] != ':') return false;
  const long long left = std::stoll(a.substr(1));
  const long long right = std::stoll(b.substr(1));
  return left > 0 && right > 0 && std::llabs(left - right) <= 5;
}

// A reply as it is compared: the members of sets and the fields of hashes come in any order.
inline std::string comparable(const Command& command, std::string reply) {
  const bool pairs = command[0] == "HGETALL";
  if (!pairs && command[0] != "SMEMBERS") return reply;
  std::string_view rest = reply;
  const tests::RespValue value = *tests::take_value(rest);
  std::vector<std::string> texts;
  for (const tests::RespValue& item : value.items) texts.push_back(item.to_string());
  if (pairs) {
    for (size_t i = 0; i + 1 < texts.size(); i += 2) texts[i] += " " + texts[i + 1];
    for (size_t i = texts.size(); i > 1; i -= 2) texts.erase(texts.begin() + long(i) - 1);
  }
  std::sort(texts.begin(), texts.end());
  std::string result = reply.substr(0, reply.find('\n'));
  for (const std::string& text : texts) result += "\n" + text;
  return result;
}

class ServerPair {
 public:
  explicit ServerPair(int version)
      : redis_client_(redis_.port(), version), store_client_(store_.port(), version) {}

  void compare(const std::vector<Command>& commands) {
    std::string bytes;
    for (const Command& command : commands) bytes += tests::encode_request(command);
    const std::vector<std::string> expected = redis_client_.exchange(bytes, commands.size());
    const std::vector<std::string> answered = store_client_.exchange(bytes, commands.size());
    for (size_t i = 0; i < commands.size(); ++i) {
      CAPTURE(printable(commands[i]));
      if (is_near_in_time(commands[i], answered[i], expected[i])) continue;
      const std::string here = comparable(commands[i], answered[i]);
      const std::string there = comparable(commands[i], expected[i]);
      REQUIRE(here.substr(0, 2000) == there.substr(0, 2000));
      REQUIRE(here == there);
    }
  }

  // Every key of every database with its value.
  void compare_contents() {
    for (int database = 0; database < 3; ++database) {
      compare({{"SELECT", std::to_string(database)}});
      std::vector<std::string> keys = redis_client_.call({"KEYS", "*"}).texts();
      std::vector<std::string> other = store_client_.call({"KEYS", "*"}).texts();
      std::sort(keys.begin(), keys.end());
      std::sort(other.begin(), other.end());
      REQUIRE(other == keys);
      for (const std::string& key : keys) {
        compare({{"GET", key},
                 {"SMEMBERS", key},
                 {"HGETALL", key},
                 {"EXPIRETIME", key},
                 {"OBJECT", "ENCODING", key}});
      }
    }
  }

 private:
  tests::RedisServer redis_;
  RunningServer store_;
  tests::RespClient redis_client_;
  tests::RespClient store_client_;
};

// Batches of commands that a `Source` of this seed draws by its next().
template <typename Source>
void compare_random(int version, uint64_t seed, int batches) {
  ServerPair pair(version);
  Source source(seed);
  Draw sizes(seed);
  for (int i = 0; i < batches; ++i) {
    std::vector<Command> commands;
    for (uint64_t count = 1 + sizes.below(60); count > 0; --count) {
      commands.push_back(source.next());
    }
    pair.compare(commands);
    if (i % 100 == 0) pair.compare_contents();
  }
  pair.compare_contents();
}

}  // namespace slotway::backend
