#include "proxy/scripts/script_cache.h"

#include <doctest/doctest.h>

namespace slotway::proxy {

namespace {

ScriptRef script(const std::string& text) {
  return std::make_shared<const Script>(wire::sha1(text), text);
}

constexpr size_t kText = 1000;  // bytes
constexpr size_t kRoom = 16 * (kText + ScriptCache::kOverhead);

std::string numbered(int i) {
  std::string text = "return " + std::to_string(i);
  text.resize(kText, ' ');
  return text;
}

}  // namespace

TEST_CASE("a script is found by its digest until all are forgotten") {
  ScriptCache cache;
  CHECK(cache.find(wire::sha1("return 1")) == nullptr);
  cache.add(script("return 1"));
  cache.add(script("return 2"));
  cache.add(script("return 1"));
  REQUIRE(cache.find(wire::sha1("return 1")) != nullptr);
  CHECK(cache.find(wire::sha1("return 1"))->text == "return 1");
  CHECK(cache.find(wire::sha1("return 2"))->text == "return 2");
  CHECK(cache.clears() == 0);
  cache.clear();
  CHECK(cache.clears() == 1);
  CHECK(cache.find(wire::sha1("return 1")) == nullptr);
  cache.add(script("return 1"));
  CHECK(cache.find(wire::sha1("return 1")) != nullptr);
}

TEST_CASE("what was needed longest ago is forgotten first, and the limit holds") {
  ScriptCache cache(kRoom);
  for (int i = 0; i < 16; ++i) cache.add(script(numbered(i)));
  CHECK(cache.evictions() == 0);
  CHECK(cache.find(wire::sha1(numbered(0))) != nullptr);
  cache.add(script(numbered(1)));  // is needed by that
  cache.add(script(numbered(16)));
  CHECK(cache.evictions() == 1);
  CHECK(cache.find(wire::sha1(numbered(0))) != nullptr);
  CHECK(cache.find(wire::sha1(numbered(1))) != nullptr);
  CHECK(cache.find(wire::sha1(numbered(2))) == nullptr);
  CHECK(cache.find(wire::sha1(numbered(16))) != nullptr);
  for (int i = 0; i < 1000; ++i) cache.add(script(numbered(i)));
  int left = 0;
  for (int i = 0; i < 1000; ++i) left += cache.find(wire::sha1(numbered(i))) != nullptr;
  CHECK(left <= 16);
  CHECK(left >= 13);
  // Room is made for several at once.
  CHECK(cache.evictions() < 500);
}

TEST_CASE("a script that is larger than the cache is not taken, and costs no other its place") {
  ScriptCache cache(kRoom);
  cache.add(script("return 1"));
  const std::string large(kRoom, ' ');
  cache.add(script(large));
  CHECK(cache.find(wire::sha1(large)) == nullptr);
  CHECK(cache.find(wire::sha1("return 1")) != nullptr);
}

}  // namespace slotway::proxy
