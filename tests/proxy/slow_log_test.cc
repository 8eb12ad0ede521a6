#include "proxy/slow_log.h"

#include <doctest/doctest.h>

namespace slotway::proxy {

namespace {

// What is left of the bytes in a room of that capacity.
std::vector<std::string> kept(std::string_view bytes, size_t capacity) {
  std::vector<char> room(capacity);
  wire::Request request;
  request.raw = bytes;
  request_head::keep(room.data(), room.size(), request);
  return request_head::arguments(room.data());
}

using Args = std::vector<std::string>;

constexpr std::string_view kSet = "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n";

}  // namespace

TEST_CASE("a request that fits is kept whole") {
  CHECK(kept(kSet, kSet.size() + 1) == Args{"SET", "key", "value"});
  CHECK(kept(kSet, 200) == Args{"SET", "key", "value"});
  CHECK(kept(kSet, 2000) == Args{"SET", "key", "value"});
  CHECK(kept("*2\r\n$4\r\nECHO\r\n$0\r\n\r\n", 104) == Args{"ECHO", ""});
  CHECK(kept("  GET   key\r\n", 104) == Args{"GET", "key"});
}

TEST_CASE("a request that is cut anywhere tells what is missing") {
  const auto at = [](std::string_view front) { return kept(kSet, front.size() + 1); };
  CHECK(at("*3\r\n") == Args{"... (3 more arguments)"});
  CHECK(at("*3\r\n$3\r") == Args{"... (3 more arguments)"});
  CHECK(at("*3\r\n$3\r\n") == Args{"... (3 more bytes)", "... (2 more arguments)"});
  CHECK(at("*3\r\n$3\r\nSE") == Args{"SE... (1 more bytes)", "... (2 more arguments)"});
  CHECK(at("*3\r\n$3\r\nSET") == Args{"SET", "... (2 more arguments)"});
  CHECK(at("*3\r\n$3\r\nSET\r") == Args{"SET", "... (2 more arguments)"});
  CHECK(at("*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nv") == Args{"SET", "key", "v... (4 more bytes)"});
  for (size_t capacity = 5; capacity <= kSet.size(); ++capacity) {
    const Args args = kept(kSet, capacity);
    CHECK(!args.empty());
    CHECK(args.size() <= 3);
  }
}

}  // namespace slotway::proxy
