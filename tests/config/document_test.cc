#include "config/document.h"

#include <doctest/doctest.h>

#include <string>

#include "config/load.h"

namespace slotway::config {

namespace {

// "LINE:COLUMN: message" of a text that must be refused.
std::string refusal(std::string_view text) {
  FirstFault fault;
  const Node root = parse_document(text, fault);
  CHECK(root.kind == Node::Kind::kNothing);
  REQUIRE(fault.found());
  return fault.error("f").message.substr(2);
}

Node accepted(std::string_view text) {
  FirstFault fault;
  Node root = parse_document(text, fault);
  CHECK(!fault.found());
  return root;
}

std::string place(Position at) { return std::to_string(at.line) + ":" + std::to_string(at.column); }

}  // namespace

TEST_CASE("every node knows its place") {
  const Node root = accepted("a: 0777\nbb:\n  - x\n  - { c: \"d\" }\n");
  REQUIRE(root.kind == Node::Kind::kMapping);
  REQUIRE(root.entries.size() == 2);
  CHECK(root.entries[0].key == "a");
  CHECK(place(root.entries[0].at) == "1:1");
  CHECK(root.entries[0].value.text == "0777");
  CHECK(place(root.entries[0].value.at) == "1:4");
  CHECK(place(root.entries[1].at) == "2:1");
  const Node& list = root.entries[1].value;
  REQUIRE(list.kind == Node::Kind::kList);
  REQUIRE(list.items.size() == 2);
  CHECK(place(list.items[0].at) == "3:5");
  const Node& inner = list.items[1];
  REQUIRE(inner.kind == Node::Kind::kMapping);
  CHECK(place(inner.at) == "4:5");
  CHECK(place(inner.entries[0].at) == "4:7");
  CHECK(inner.entries[0].value.text == "d");
  CHECK(place(inner.entries[0].value.at) == "4:10");
}

TEST_CASE("nothing stands at the key it belongs to") {
  const Node root = accepted("a:\nb: ~\nc:\n  - \n  - x\n");
  CHECK(root.entries[0].value.kind == Node::Kind::kNothing);
  CHECK(place(root.entries[0].value.at) == "1:1");
  CHECK(root.entries[1].value.kind == Node::Kind::kNothing);
  CHECK(place(root.entries[1].value.at) == "2:1");
  CHECK(root.entries[2].value.items[0].kind == Node::Kind::kNothing);
  CHECK(place(root.entries[2].value.items[0].at) == "4:3");
  for (const char* text : {"", "\n\n", "# only a comment\n", "---\n", "~"}) {
    CHECK(accepted(text).kind == Node::Kind::kNothing);
  }
}

TEST_CASE("line ends, a byte order mark and UTF-8 text are accepted") {
  const Node root = accepted("\xef\xbb\xbf# caf\xc3\xa9\r\na: b\r\n");
  REQUIRE(root.entries.size() == 1);
  CHECK(place(root.entries[0].at) == "2:1");
  CHECK(root.entries[0].value.text == "b");
}

TEST_CASE("keys given twice, wherever they are") {
  CHECK(refusal("a: 1\nb: 2\na: 3\n") ==
        "3:1: expected each key once, got 'a' again (first in line 1)");
  CHECK(refusal("x: { a: 1, \"a\": 2 }") ==
        "1:12: expected each key once, got 'a' again (first in line 1)");
  CHECK(accepted("a: { k: 1 }\nb: { k: 1 }\n").entries.size() == 2);
}

TEST_CASE("what a configuration does not need") {
  CHECK(refusal("a: &x 1\nb: *x\n") == "1:4: expected no anchor, got '&x': write each value out");
  CHECK(refusal("a: &x [1]\n") == "1:4: expected no anchor, got '&x': write each value out");
  CHECK(refusal("a: *x\n") == "1:4: expected valid YAML: the referenced anchor is not defined");
  CHECK(refusal("a: !!str 1\n") == "1:4: expected no tag, got 'tag:yaml.org,2002:str'");
  CHECK(refusal("a: !x [1]\n") == "1:4: expected no tag, got '!x'");
  CHECK(refusal("a: 1\n---\nb: 2\n") == "2:1: expected the end of the file: one document only");
  CHECK(refusal("[a]: 1\n").starts_with("1:1: expected a key, got a list or a mapping"));
  CHECK(refusal("? { a: b }\n: 1\n") == "1:3: expected a key, got a list or a mapping");
  CHECK(refusal(": 1\n") == "1:1: expected a key");
  CHECK(refusal("~: 1\n") == "1:1: expected a key");
}

TEST_CASE("the parser's own errors have a place and say what was expected") {
  CHECK(refusal("a:\n  b: c\n d: e\n").starts_with("3:2: expected the next key"));
  CHECK(refusal("a b\nc: d\n").starts_with("2:2: expected no ':' here"));
  CHECK(refusal("a: b: c\n").starts_with("1:5: expected no ':' here"));
  CHECK(refusal("a: { b: c\nd: e\n").starts_with("2:2: expected ',' or '}'"));
  CHECK(refusal("a: [ b\n").starts_with("2:1: expected ',' or ']'"));
  CHECK(refusal("a:\n  - b\n  c\n").starts_with("3:"));
  CHECK(refusal("a: @b\n") == "1:4: expected valid YAML: unknown token");
  CHECK(refusal("a:\n\tb: c\n").starts_with("2:3: expected spaces in front, not a tab"));
}

TEST_CASE("bytes that are no text") {
  CHECK(refusal(std::string_view("a: \0b\n", 6)) ==
        "1:4: expected text in UTF-8, got byte '\\x00'");
  CHECK(refusal("a: b\n# \x04\nc: d\n") == "2:3: expected text in UTF-8, got byte '\\x04'");
  CHECK(refusal("a: b\rc: d\n") == "1:5: expected text in UTF-8, got byte '\\x0d'");
  CHECK(refusal("\xff\xfe"
                "a") == "1:1: expected text in UTF-8, got byte '\\xff'");
  CHECK(refusal("a: b\r") == "1:5: expected text in UTF-8, got byte '\\x0d'");
}

TEST_CASE("a file that is too large") {
  CHECK(accepted(std::string(kMaxFileSize, '#')).kind == Node::Kind::kNothing);
  CHECK(refusal(std::string(kMaxFileSize + 1, '#')) ==
        "1:1: expected a file of at most 1 MiB, got 1048577 bytes");
}

TEST_CASE("nesting is capped before it can exhaust the stack") {
  std::string deep;
  for (size_t i = 0; i < kMaxDepth; ++i) deep += "- ";
  CHECK(accepted(deep + "x").kind == Node::Kind::kList);
  CHECK(refusal(deep + "- x") == "1:33: expected at most 16 levels of nesting");
  for (const char* opening : {"[", "{a: ", "- ", "? ", "[{", "[? ", "[a: "}) {
    std::string text;
    while (text.size() < 200'000) text += opening;
    CAPTURE(opening);
    CHECK(refusal(text).size() > 10);
  }
}

TEST_CASE("a text cut anywhere is parsed or refused, never more") {
  const std::string text =
      "a: { b: [c, \"d\\u0041\"], 'e': |\n  x\n }\nf:\n  - &g !h i\n  - ? j\n    : k\n%YAML "
      "1.2\n---\n";
  for (size_t size = 0; size <= text.size(); ++size) {
    FirstFault fault;
    const Node root = parse_document(std::string_view(text).substr(0, size), fault);
    CHECK((root.kind == Node::Kind::kNothing || !fault.found()));
  }
}

}  // namespace slotway::config
