#include "config/section.h"

#include <doctest/doctest.h>

#include <cstdint>

#include "config/scalar.h"

namespace slotway::config {

namespace {

// One parsed text, and a cursor on its root.
struct Text {
  explicit Text(std::string_view text) : root(parse_document(text, fault)) {}
  Field field() const { return {"top", {7, 8}, &root}; }
  std::string message() const { return fault.found() ? fault.error("f").message : ""; }

  FirstFault fault;
  Node root;
};

}  // namespace

TEST_CASE("finding and reading") {
  Text text("one: 1\ntwo: x\n");
  const Section section(text.fault, text.field(), {"one", "two", "three"});
  uint32_t one = 0;
  uint32_t three = 3;
  section.read("one", Count{0, 9}, one);
  section.read("three", Count{0, 9}, three);
  CHECK(one == 1);
  CHECK(three == 3);
  CHECK(section.find("two")->value->text == "x");
  CHECK(section.find("two")->at.line == 2);
  CHECK(!section.find("three"));
  CHECK(text.message() == "");
  CHECK(!section.require("three", "a number"));
  CHECK(text.message() == "f:7:8: 'three' is missing in top, expected a number");
}

TEST_CASE("a wrong value is a fault at the value and changes nothing") {
  Text text("one: x\n");
  const Section section(text.fault, text.field(), {"one"});
  uint32_t one = 5;
  section.read("one", Count{0, 9}, one);
  CHECK(one == 5);
  CHECK(text.message() == "f:1:6: one: expected a whole number from 0 to 9, got 'x'");
}

TEST_CASE("each kind of wrong type is named") {
  const auto got = [](std::string_view value) {
    Text text("one: " + std::string(value));
    uint32_t one = 5;
    Section(text.fault, text.field(), {"one"}).read("one", Count{0, 9}, one);
    return text.message();
  };
  CHECK(got("[1]") == "f:1:6: one: expected a whole number from 0 to 9, got a list");
  CHECK(got("{ 1: 2 }") == "f:1:6: one: expected a whole number from 0 to 9, got a mapping");
  CHECK(got("") == "f:1:1: one: expected a whole number from 0 to 9, got nothing");
}

TEST_CASE("a parser that would take no text still wants a single value") {
  Text text("[1]");
  std::string out;
  const auto anything = [](std::string_view value) -> Result<std::string> {
    return std::string(value);
  };
  CHECK(!read_scalar(text.fault, text.field(), anything, out));
  CHECK(text.message() == "f:1:1: top: expected a single value, got a list");
}

TEST_CASE("unknown keys, with and without a suggestion") {
  Text near("primry: x\n");
  Section(near.fault, near.field(), {"primary", "slots"});
  CHECK(near.message() == "f:1:1: unknown key 'primry' in top, did you mean 'primary'?");
  Text far("slots: x\nzzz: 1\n");
  Section(far.fault, far.field(), {"primary", "slots"});
  CHECK(far.message() == "f:2:1: unknown key 'zzz' in top, expected one of primary, slots");
}

TEST_CASE("a section must be a mapping, or nothing at all") {
  Text scalar("x");
  Section(scalar.fault, scalar.field(), {"a"});
  CHECK(scalar.message() == "f:1:1: top: expected a mapping, got 'x'");
  Text nothing("# all commented out\n");
  Section(nothing.fault, nothing.field(), {"a"});
  CHECK(nothing.message() == "");
}

TEST_CASE("mappings with names of the operator's choice") {
  Text good("b: 1\na: 2\n");
  const auto fields = named_fields(good.fault, good.field());
  REQUIRE(fields.size() == 2);
  CHECK(fields[0].key == "b");
  CHECK(fields[1].at.line == 2);
  CHECK(good.message() == "");
  Text bad("ok: 1\na b: 2\n");
  named_fields(bad.fault, bad.field());
  CHECK(bad.message() ==
        "f:2:1: top: expected a name of 1 to 32 letters, digits, '_', '-' and '.', got 'a b'");
  Text empty("{}");
  CHECK(named_fields(empty.fault, empty.field()).empty());
  CHECK(empty.message() ==
        "f:1:1: top: expected a mapping with at least one name, got an empty mapping");
}

TEST_CASE("one value or a list of them") {
  Text list("[a, b]");
  CHECK(one_or_more(list.fault, list.field()).size() == 2);
  Text single("a");
  CHECK(one_or_more(single.fault, single.field()).size() == 1);
  CHECK(list.message() + single.message() == "");
  Text empty("[]");
  CHECK(one_or_more(empty.fault, empty.field()).empty());
  CHECK(empty.message() == "f:1:1: top: expected at least one, got an empty list");
}

}  // namespace slotway::config
