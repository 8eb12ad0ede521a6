#include "proxy/scripts/scripts.h"

#include <doctest/doctest.h>

namespace slotway::proxy {

TEST_CASE("what one worker learns all know") {
  ScriptCache cache;
  Scripts one(cache);
  Scripts other(cache);
  one.learn("return 1");
  const ScriptRef found = other.find(wire::sha1("return 1"));
  REQUIRE(found != nullptr);
  CHECK(found->text == "return 1");
  CHECK(other.find(wire::sha1("return 2")) == nullptr);
}

TEST_CASE("a script that was forgotten is learnt again") {
  ScriptCache cache;
  Scripts one(cache);
  Scripts other(cache);
  for (int i = 0; i < 3; ++i) one.learn("return 1");
  other.forget_all();
  CHECK(one.clears() == 1);
  CHECK(one.find(wire::sha1("return 1")) == nullptr);
  one.learn("return 1");
  CHECK(one.find(wire::sha1("return 1")) != nullptr);
}

TEST_CASE("a script that had to make room is learnt again") {
  const std::string text(1000, ' ');
  ScriptCache cache(4 * (text.size() + 64 + ScriptCache::kOverhead));
  Scripts scripts(cache);
  scripts.learn("return 1");
  for (int i = 0; i < 100; ++i) scripts.learn(text + std::to_string(i));
  CHECK(scripts.find(wire::sha1("return 1")) == nullptr);
  scripts.learn("return 1");
  CHECK(scripts.find(wire::sha1("return 1")) != nullptr);
}

}  // namespace slotway::proxy
