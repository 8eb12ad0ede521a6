#include "proxy/hotkeys/key_rules.h"

#include <doctest/doctest.h>

namespace slotway::proxy {

namespace {

using Rule = KeyRules::Rule;

config::HotKeys with_rules(std::vector<Rule> rules) {
  config::HotKeys settings;
  settings.rules = std::move(rules);
  return settings;
}

}  // namespace

TEST_CASE("key rules: without any, keys are cached by their heat, for as long as all are") {
  KeyRules rules;
  rules.follow({}, {});
  CHECK(rules.empty());
  CHECK(rules.of("k") == nullptr);
  CHECK(rules.may_cache("k"));
  CHECK_FALSE(rules.must_cache("k"));
  CHECK(rules.max_ttl_ns("k") == 10'000'000'000);
}

TEST_CASE("key rules: the first that matches holds; what is pinned is cached, else as they say") {
  const config::HotKeys settings = with_rules({
      {.match = "a:*", .cache = Rule::Cache::kNever, .max_ttl = std::chrono::milliseconds(50)},
      {.match = "a:1", .cache = Rule::Cache::kAlways},
      {.match = "b:*", .cache = Rule::Cache::kAlways, .max_ttl = std::chrono::milliseconds(70)},
  });
  KeyRules rules;
  rules.follow({}, settings);
  CHECK_FALSE(rules.may_cache("a:1"));
  CHECK_FALSE(rules.must_cache("a:1"));
  CHECK(rules.max_ttl_ns("a:1") == 50'000'000);
  CHECK(rules.must_cache("b:1"));
  CHECK(rules.max_ttl_ns("b:1") == 70'000'000);
  CHECK_FALSE(rules.must_cache("c"));

  rules.follow({"x", "a:?"}, settings);
  CHECK(rules.must_cache("a:1"));
  CHECK(rules.max_ttl_ns("a:1") == 50'000'000);
  CHECK(rules.of("a:1")->match == "a:*");
  CHECK_FALSE(rules.may_cache("a:11"));

  rules.follow({}, settings);
  CHECK_FALSE(rules.may_cache("a:1"));
  rules.follow({}, {});
  CHECK(rules.empty());
}

TEST_CASE("pinned patterns: each stands once, in the order in which they came") {
  PinnedPatterns pinned;
  CHECK(*pinned.add("b"));
  CHECK(*pinned.add("a"));
  CHECK_FALSE(*pinned.add("b"));
  CHECK(pinned.list() == std::vector<std::string>{"b", "a"});
  CHECK(pinned.remove("b"));
  CHECK_FALSE(pinned.remove("b"));
  CHECK(pinned.list() == std::vector<std::string>{"a"});
}

TEST_CASE("pinned patterns: there is a limit to their number and to their length") {
  PinnedPatterns pinned;
  const std::string longest(PinnedPatterns::kLongest, 'x');
  CHECK(pinned.add(longest).ok());
  CHECK(pinned.add(longest + "x").error().message == "a pattern has 1 to 1024 bytes");
  for (size_t i = 1; i < PinnedPatterns::kMost; ++i) {
    REQUIRE(pinned.add(std::to_string(i)).ok());
  }
  CHECK(pinned.add("one more").error().message ==
        "at most 1000 patterns can be pinned, HOTKEYS UNPIN makes room");
  CHECK_FALSE(*pinned.add("1"));  // it is there
  CHECK(pinned.remove("1"));
  CHECK(*pinned.add("one more"));
}

}  // namespace slotway::proxy
