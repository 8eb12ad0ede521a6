// Slots against CLUSTER KEYSLOT of a real redis-server.
#include <doctest/doctest.h>
#include <hiredis/hiredis.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/support/redis_server.h"
#include "wire/slot.h"

namespace slotway::wire {

namespace {

using namespace std::string_literals;

std::vector<std::string> odd_keys() {
  std::vector<std::string> keys = {
      "",          "{}",        "{",        "}",  "{}{a}", "{a}{}", "a{b}c{d}",  "a{{b}}c",
      "}{a}",      "a}{b",      "{a",       "a}", "{\0}"s, "\0"s,   "\0{\0\0}"s, "\r\n",
      "{\r\n}foo", "$3\r\nfoo", "\xff\xfe", "{}", "{}}",   "{{}}",  "{{}",       "foo{}{bar}"};
  for (const size_t size : {100u, 4096u, 65536u, 1u << 20}) {
    keys.emplace_back(size, 'k');
    keys.push_back("{" + std::string(size, 'k') + "}x");
    keys.push_back("{" + std::string(size, 'k'));
    keys.push_back(std::string(size, 'k') + "{t}");
  }
  return keys;
}

std::string random_key(std::mt19937& random) {
  // Braces are frequent, so that tags of every form come up.
  constexpr char kFrequent[] = {'{', '}', '{', '}', 'a', 'b', '\0', '\r', '\n', '\xff'};
  std::string key(random() % 24, '\0');
  for (char& c : key) {
    c = random() % 2 ? kFrequent[random() % sizeof kFrequent] : static_cast<char>(random());
  }
  return key;
}

}  // namespace

TEST_CASE("slots are those of Redis Cluster") {
  const tests::RedisServer server({"--cluster-enabled", "yes"});
  const std::unique_ptr<redisContext, decltype(&redisFree)> context(
      redisConnect("127.0.0.1", server.port()), &redisFree);
  REQUIRE(context);
  REQUIRE(context->err == 0);

  std::vector<std::string> keys = odd_keys();
  std::mt19937 random(11);
  while (keys.size() < 10000) keys.push_back(random_key(random));

  size_t different = 0;
  for (size_t begin = 0; begin < keys.size(); begin += 500) {
    const size_t end = std::min(begin + 500, keys.size());
    for (size_t i = begin; i < end; ++i) {
      const char* argv[] = {"CLUSTER", "KEYSLOT", keys[i].data()};
      const size_t sizes[] = {7, 7, keys[i].size()};
      redisAppendCommandArgv(context.get(), 3, argv, sizes);
    }
    for (size_t i = begin; i < end; ++i) {
      void* answer = nullptr;
      REQUIRE(redisGetReply(context.get(), &answer) == REDIS_OK);
      const std::unique_ptr<redisReply, decltype(&freeReplyObject)> reply(
          static_cast<redisReply*>(answer), &freeReplyObject);
      REQUIRE(reply->type == REDIS_REPLY_INTEGER);
      if (reply->integer == slot_of_key(keys[i])) continue;
      ++different;
      MESSAGE("key " << keys[i].substr(0, 40) << ": " << reply->integer);
    }
  }
  CHECK(different == 0);
}

}  // namespace slotway::wire
