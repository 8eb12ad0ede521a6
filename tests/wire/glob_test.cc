#include "wire/glob.h"

#include <doctest/doctest.h>

#include <chrono>
#include <random>
#include <set>
#include <string>

#include "tests/support/redis_server.h"
#include "tests/support/resp_client.h"
#include "wire/command_table.h"

namespace slotway::wire {

namespace {

std::string random_text(std::mt19937& random, std::string_view alphabet, size_t most) {
  std::string text;
  for (size_t size = random() % (most + 1); text.size() < size;) {
    text += alphabet[random() % alphabet.size()];
  }
  return text;
}

std::set<std::string> matching(const std::set<std::string>& texts, std::string_view pattern,
                               bool ignore_case) {
  std::set<std::string> found;
  for (const std::string& text : texts) {
    if (glob_match(pattern, text, ignore_case)) found.insert(text);
  }
  return found;
}

double seconds_of(std::string_view pattern, std::string_view text, bool expected) {
  const auto begin = std::chrono::steady_clock::now();
  CHECK(glob_match(pattern, text) == expected);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

TEST_CASE("stars, question marks, classes and escapes") {
  CHECK(glob_match("", ""));
  CHECK(!glob_match("", "a"));
  CHECK(glob_match("*", ""));
  CHECK(glob_match("*", "anything"));
  CHECK(glob_match("h?llo", "hallo"));
  CHECK(!glob_match("h?llo", "hllo"));
  CHECK(glob_match("h*llo", "hllo"));
  CHECK(glob_match("h*llo", "heeeello"));
  CHECK(!glob_match("h*llo", "heeeell"));
  CHECK(glob_match("a*b*c", "a-b-b-c"));
  CHECK(glob_match("h[ae]llo", "hello"));
  CHECK(!glob_match("h[ae]llo", "hillo"));
  CHECK(glob_match("h[^e]llo", "hallo"));
  CHECK(!glob_match("h[^e]llo", "hello"));
  CHECK(glob_match("[a-c][c-a]", "bb"));
  CHECK(!glob_match("[a-c]", "d"));
  CHECK(glob_match("[]a]", "]") == false);  // an empty class, and then "a]"
  CHECK(glob_match("[\\]]", "]"));
  CHECK(glob_match("\\*", "*"));
  CHECK(!glob_match("\\*", "a"));
  CHECK(glob_match("a\\", "a\\"));
  CHECK(glob_match("[ab", "b"));
  CHECK(!glob_match("[", "["));
  CHECK(glob_match("[^", "x"));
  using namespace std::string_view_literals;
  CHECK(glob_match("a?b"sv, "a\0b"sv));
  CHECK(!glob_match("a\0b"sv, "a\0c"sv));
}

TEST_CASE("letters of any case where it is ignored") {
  CHECK(glob_match("MAX*", "maxmemory", true));
  CHECK(!glob_match("MAX*", "maxmemory"));
  CHECK(glob_match("[A-M]ax", "max", true));
  CHECK(glob_match("[xyM]ax", "max", true));
  CHECK(!glob_match("@", "`", true));
}

TEST_CASE("hostile patterns take bounded time") {
  std::string stars;
  for (int i = 0; i < 1000; ++i) stars += "a*";
  CHECK(seconds_of(stars + "b", std::string(20000, 'a'), false) < 2.0);
  CHECK(seconds_of(stars, std::string(20000, 'a'), true) < 2.0);
  CHECK(seconds_of(std::string(100000, '['), std::string(100000, 'a'), false) < 2.0);
  CHECK(seconds_of("*" + std::string(5000, '['), std::string(5000, 'a'), false) < 2.0);
  CHECK(seconds_of(std::string(100000, '*') + "b", std::string(100000, 'a'), false) < 2.0);
}

TEST_CASE("random patterns match what KEYS of a real server matches") {
  tests::RedisServer server;
  tests::RespClient client(server.port());
  std::mt19937 random(7);
  std::set<std::string> texts;
  while (texts.size() < 200) {
    const std::string text = random_text(random, "aabb*?[]^-\\\xff\x80", 5);
    if (!text.empty()) texts.insert(text);
  }
  for (const std::string& text : texts) client.call({"SET", text, ""});
  size_t matches = 0;
  for (int round = 0; round < 4000; ++round) {
    const std::string pattern = random_text(random, "ab**?[[]]^--\\\xff\x80", 8);
    const auto keys = client.call({"KEYS", pattern}).texts();
    const std::set<std::string> theirs(keys.begin(), keys.end());
    matches += theirs.size();
    INFO(pattern);
    CHECK(matching(texts, pattern, false) == theirs);
  }
  CHECK(matches > 4000);
}

TEST_CASE("random patterns match what COMMAND LIST of a real server matches in any case") {
  tests::RedisServer server;
  tests::RespClient client(server.port());
  std::mt19937 random(8);
  std::set<std::string> names;
  for (const std::string& name : client.call({"COMMAND", "LIST"}).texts()) names.insert(name);
  for (int round = 0; round < 500; ++round) {
    const std::string pattern = random_text(random, "**??[[]]^-\\GgEeTtZzrRsS|", 7);
    const auto found = client.call({"COMMAND", "LIST", "FILTERBY", "PATTERN", pattern}).texts();
    INFO(pattern);
    CHECK(matching(names, pattern, true) == std::set<std::string>(found.begin(), found.end()));
  }
}

}  // namespace slotway::wire
