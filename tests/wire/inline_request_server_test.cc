// Inline requests against a real redis-server: EVAL 'return ARGV' gives back the words of its line.
#include <doctest/doctest.h>
#include <hiredis/hiredis.h>
#include <sys/socket.h>

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/support/redis_server.h"
#include "tests/wire/feed_requests.h"

namespace slotway::wire {

namespace {

using Words = std::vector<std::string>;
using Context = std::unique_ptr<redisContext, decltype(&redisFree)>;

constexpr auto kEcho = "EVAL 'return ARGV' 0 ";
constexpr size_t kEchoWords = 3;

Context connect(const tests::RedisServer& server) {
  Context context(redisConnect("127.0.0.1", server.port()), &redisFree);
  REQUIRE(context);
  REQUIRE(context->err == 0);
  return context;
}

// The words that the server found in `line`, nothing if it refused the line.
std::optional<Words> split_by_server(Context& context, const std::string& line,
                                     const tests::RedisServer& server) {
  REQUIRE(send(context->fd, line.data(), line.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(line.size()));
  void* answer = nullptr;
  REQUIRE(redisGetReply(context.get(), &answer) == REDIS_OK);
  const std::unique_ptr<redisReply, decltype(&freeReplyObject)> reply(
      static_cast<redisReply*>(answer), &freeReplyObject);
  if (reply->type == REDIS_REPLY_ERROR) {
    CHECK(std::string(reply->str, reply->len) ==
          "ERR Protocol error: unbalanced quotes in request");
    context = connect(server);
    return std::nullopt;
  }
  REQUIRE(reply->type == REDIS_REPLY_ARRAY);
  Words words;
  for (size_t i = 0; i < reply->elements; ++i) {
    words.emplace_back(reply->element[i]->str, reply->element[i]->len);
  }
  return words;
}

std::optional<Words> split_by_parser(const std::string& line) {
  const SeenRequests seen = feed_whole(line);
  if (!seen.error.empty()) {
    CHECK(seen.error == "unbalanced quotes in request");
    return std::nullopt;
  }
  REQUIRE(seen.commands.size() == 1);
  const Words& words = seen.commands[0].args;
  REQUIRE(words.size() >= kEchoWords);
  return Words(words.begin() + kEchoWords, words.end());
}

}  // namespace

TEST_CASE("inline requests are split as Redis splits them") {
  const tests::RedisServer server;
  Context context = connect(server);
  std::mt19937 random(5);
  constexpr std::string_view kBytes = "ab   \"\"''\\\\xx4Fgnrtb\t\v\f\r\xff";
  size_t accepted = 0;
  for (int round = 0; round < 6000; ++round) {
    std::string line = kEcho;
    for (size_t i = random() % 14; i > 0; --i) line += kBytes[random() % kBytes.size()];
    line += random() % 8 ? "\r\n" : "\n";
    CAPTURE(line);
    const auto expected = split_by_server(context, line, server);
    if (split_by_parser(line) != expected) FAIL_CHECK("split in another way than by the server");
    accepted += expected.has_value();
  }
  CHECK(accepted > 1000);
  CHECK(accepted < 5000);
}

}  // namespace slotway::wire
