#include "wire/inline_request.h"

#include <doctest/doctest.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

namespace slotway::wire {

namespace {

using namespace std::string_literals;
using Words = std::vector<std::string>;

std::optional<Words> split(const std::string& line) {
  // No terminator behind the line, so that a sanitizer sees a read past it.
  const std::vector<char> exact(line.begin(), line.end());
  std::string storage = "old content";
  std::vector<std::string_view> views = {"old"};
  if (!split_inline({exact.data(), exact.size()}, storage, views)) return std::nullopt;
  return Words(views.begin(), views.end());
}

}  // namespace

TEST_CASE("white space separates words") {
  CHECK(split("") == Words{});
  CHECK(split(" \t ") == Words{});
  CHECK(split("PING") == Words{"PING"});
  CHECK(split("  SET\tkey   value ") == Words{"SET", "key", "value"});
  CHECK(split("a\rb\nc") == Words{"a", "b", "c"});
  // As in Redis, a vertical tab or form feed stands between words, but does not end one.
  CHECK(split("\va\vb\f \fc") == Words{"a\vb\f", "c"});
  CHECK(split("\"a\"\v\"b\"") == Words{"a", "b"});
}

TEST_CASE("double quotes hold white space and escapes") {
  CHECK(split(R"(ECHO "a b")") == Words{"ECHO", "a b"});
  CHECK(split(R"(ECHO "")") == Words{"ECHO", ""});
  CHECK(split(R"("" "")") == Words{"", ""});
  CHECK(split(R"("\n\r\t\b\a")") == Words{"\n\r\t\b\a"});
  CHECK(split(R"("\\ \" \q \'")") == Words{"\\ \" q '"});
  CHECK(split(R"("\x00\x41\xfF\xFf")") == Words{"\0A\xff\xff"s});
  CHECK(split(R"("it's")") == Words{"it's"});
  CHECK(split(R"(foo"bar baz")") == Words{"foobar baz"});
}

TEST_CASE("a \\x that is no byte is an x") {
  CHECK(split(R"("\x4")") == Words{"x4"});
  CHECK(split(R"("\x")") == Words{"x"});
  CHECK(split(R"("\xg0")") == Words{"xg0"});
  CHECK(split(R"("\x0g")") == Words{"x0g"});
  CHECK(split(R"("\X41")") == Words{"X41"});
}

TEST_CASE("single quotes hold everything but their own escape") {
  CHECK(split(R"('a b')") == Words{"a b"});
  CHECK(split(R"('')") == Words{""});
  CHECK(split(R"('it\'s')") == Words{"it's"});
  CHECK(split(R"('\n\x41\\ ')") == Words{R"(\n\x41\\ )"});
  CHECK(split(R"('say "x"')") == Words{"say \"x\""});
}

TEST_CASE("a backslash outside of quotes is a byte like any other") {
  CHECK(split(R"(a\ b\n)") == Words{"a\\", "b\\n"});
}

TEST_CASE("unbalanced quotes and bytes behind a closing quote are refused") {
  for (const char* line :
       {R"(")", R"(')", R"("a)", R"('a)", R"(a")", R"("a\)", R"("a\")", R"('a\')", R"("a"b)",
        R"('a'b)", R"("a""b")", R"("a"'b')", R"(ok "a" 'b)", R"("\x)", R"("\x4)", R"("\x41)"}) {
    CAPTURE(line);
    CHECK_FALSE(split(line).has_value());
  }
}

TEST_CASE("a NUL is a byte of its word") { CHECK(split("GET a\0b"s) == Words{"GET", "a\0b"s}); }

TEST_CASE("what was quoted comes back, whatever the bytes") {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    Words words(random() % 4 + 1);
    std::string line;
    for (std::string& word : words) {
      word.resize(random() % 12);
      line += "  \"";
      for (char& c : word) {
        c = static_cast<char>(random());
        constexpr char kHex[] = "0123456789ABCDEF";
        const auto byte = static_cast<unsigned char>(c);
        line += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
      }
      line += '"';
    }
    CHECK(split(line) == words);
  }
}

}  // namespace slotway::wire
