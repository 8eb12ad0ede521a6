#include "proxy/big_keys.h"

#include <doctest/doctest.h>

#include "wire/command_table.h"

namespace slotway::proxy {

namespace {

ObservedRequest request(const char* key, uint64_t request_bytes, uint64_t reply_bytes,
                        const wire::Command* command = nullptr) {
  ObservedRequest request;
  request.key = key;
  request.command = command;
  request.request_bytes = request_bytes;
  request.reply_bytes = reply_bytes;
  return request;
}

}  // namespace

TEST_CASE("the largest of a key and direction, and how often") {
  BigKeys keys;
  keys.note(request("a", 10, 500), Direction::kReply, 10);
  keys.note(request("a", 10, 900), Direction::kReply, 10);
  keys.note(request("a", 10, 700), Direction::kReply, 10);
  keys.note(request("a", 800, 5), Direction::kRequest, 10);
  const auto found = keys.largest(10);
  REQUIRE(found.size() == 2);
  CHECK(found[0].bytes == 900);
  CHECK(found[0].times == 3);
  CHECK(found[0].direction == Direction::kReply);
  CHECK(found[1].bytes == 800);
  CHECK(found[1].times == 1);
  CHECK(keys.largest(1).size() == 1);
  keys.clear();
  CHECK(keys.largest(10).empty());
}

TEST_CASE("the smallest make room") {
  BigKeys keys;
  for (const auto& [key, bytes] : {std::pair{"a", 5}, {"b", 7}, {"c", 6}, {"d", 4}, {"e", 9}}) {
    keys.note(request(key, static_cast<uint64_t>(bytes), 0), Direction::kRequest, 3);
  }
  std::string order;
  for (const auto& entry : keys.largest(10)) order += entry.largest->key;
  CHECK(order == "ebc");
  keys.note(request("f", 8, 0), Direction::kRequest, 1);  // fewer may be kept now
  REQUIRE(keys.largest(10).size() == 1);
  CHECK(keys.largest(10)[0].largest->key == "e");
}

TEST_CASE("what has no key stands for its command") {
  BigKeys keys;
  const wire::Command one;
  const wire::Command other;
  keys.note(request("", 0, 5, &one), Direction::kReply, 10);
  keys.note(request("", 0, 6, &other), Direction::kReply, 10);
  keys.note(request("", 0, 7, &one), Direction::kReply, 10);
  CHECK(keys.largest(10).size() == 2);
}

}  // namespace slotway::proxy
