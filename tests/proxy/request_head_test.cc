#include "proxy/request_head.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>

namespace slotway::proxy {

namespace {

// What is told of a request with these bytes.
std::vector<std::string> kept(std::string_view bytes) {
  RequestHead head;
  head.keep(bytes);
  return head.arguments().shown();
}

using Args = std::vector<std::string>;

constexpr std::string_view kSet = "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n";

}  // namespace

TEST_CASE("a request that fits is kept whole") {
  CHECK(kept(kSet) == Args{"SET", "key", "value"});
  CHECK(kept("*2\r\n$4\r\nECHO\r\n$0\r\n\r\n") == Args{"ECHO", ""});
  CHECK(kept("  GET   key\r\n") == Args{"GET", "key"});
}

TEST_CASE("of a request of any size its first bytes are kept, and how many it has") {
  std::string bytes;
  for (size_t size = 0; size <= 200; ++size) {
    CAPTURE(size);
    RequestHead head;
    // A block of exactly that size: nothing beside it may be read.
    const std::unique_ptr<char[]> block(new char[size]);
    std::copy(bytes.begin(), bytes.end(), block.get());
    head.keep({block.get(), size});
    const size_t most = std::min(size, RequestHead::kMost);
    CHECK(head.arguments().args == (size == 0 ? Args{} : Args{bytes.substr(0, most)}));
    CHECK(head.request_size() == size);
    CHECK(head.key_hash() == 0);
    head.keep_hash(7);
    CHECK(head.key_hash() == (size >= RequestHead::kMost ? 7 : 0));
    bytes += static_cast<char>('a' + size % 26);
  }
}

TEST_CASE("a request that is cut anywhere tells what is missing") {
  // All that is in front of the room's end, in a request of a long argument and two short ones.
  const auto cut_at = [](std::string_view front) {
    const size_t pad = RequestHead::kRoom - 1 - front.size() - 11;
    const std::string padding = "$" + std::to_string(pad) + "\r\n" + std::string(pad, 'x') + "\r\n";
    const std::string bytes = "*4\r\n" + padding + std::string(front);
    REQUIRE(bytes.size() == RequestHead::kRoom - 1);
    Args args = kept(bytes + "of which nothing may be seen");
    REQUIRE(args.front() == std::string(pad, 'x'));
    args.erase(args.begin());
    return args;
  };
  CHECK(cut_at("") == Args{"... (3 more arguments)"});
  CHECK(cut_at("$3\r") == Args{"... (3 more arguments)"});
  CHECK(cut_at("$3\r\n") == Args{"... (3 more bytes)", "... (2 more arguments)"});
  CHECK(cut_at("$3\r\nSE") == Args{"SE... (1 more bytes)", "... (2 more arguments)"});
  CHECK(cut_at("$3\r\nSET") == Args{"SET", "... (2 more arguments)"});
  CHECK(cut_at("$3\r\nSET\r") == Args{"SET", "... (2 more arguments)"});
  CHECK(cut_at("$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nv") == Args{"SET", "key", "v... (4 more bytes)"});
}

}  // namespace slotway::proxy
