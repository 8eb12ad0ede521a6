#include "proxy/hotkeys/messages.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

namespace slotway::proxy::hotkeys {

namespace {

using Json = nlohmann::json;

HotKey hot(std::string text) {
  HotKey it;
  it.key = std::move(text);
  it.hash = 0xabc;
  it.requests = 700.4;
  it.writes = 1;
  it.bytes = 3500;
  it.share = 0.2100004;
  it.hot = 1 << kRequests | 1 << kWrites;
  return it;
}

Json told_of(std::string key) {
  return Json::parse(message({true, hot(std::move(key))}, "main", 5, KeysShown::kPlain));
}

}  // namespace

TEST_CASE("messages: one of a key") {
  CHECK(message({true, hot("a")}, "main", 1700000000000, KeysShown::kPlain) ==
        R"({"event":"hot","pool":"main","key":"a","encoding":"utf8","cut":false,)"
        R"("by":["requests","writes"],"requests_per_second":700,"writes_per_second":1,)"
        R"("bytes_per_second":3500,"share":0.21,"at_ms":1700000000000})");
  HotKey cut = hot("a");
  cut.cut = true;
  cut.hot = 1 << kBytes;
  const Json cool = Json::parse(message({false, cut}, "main", 5, KeysShown::kPlain));
  CHECK(cool["event"] == "cool");
  CHECK(cool["cut"] == true);
  CHECK(cool["by"] == Json::array({"bytes"}));
}

TEST_CASE("messages: a key may hold any bytes") {
  const std::pair<std::string, std::string> kNotUtf8[] = {
      {"\xff", "/w=="},
      {std::string("a\0\x80", 3), "YQCA"},
      {"\xc0\x80", "wIA="},              // two bytes for what needs one
      {"\xe0\x9f\xbf", "4J+/"},          // three for what needs two
      {"\xf0\x8f\xbf\xbf", "8I+/vw=="},  // four for what needs three
      {"\xed\xa0\x80", "7aCA"},          // half of a pair of UTF-16
      {"\xf4\x90\x80\x80", "9JCAgA=="},  // beyond U+10FFFF
      {"\xf5\x80\x80\x80", "9YCAgA=="},
      {"a\xc3", "YcM="},  // cut in a character
  };
  for (const auto& [key, text] : kNotUtf8) {
    CAPTURE(text);
    CHECK(told_of(key)["encoding"] == "base64");
    CHECK(told_of(key)["key"] == text);
  }
  const std::string kUtf8[] = {"",
                               std::string("\0\x01\x1f\x7f", 4),
                               "\"\\/\r\n",
                               "\xc2\x80\xdf\xbf",
                               "\xe0\xa0\x80\xed\x9f\xbf\xef\xbf\xbf",
                               "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"};
  for (const std::string& key : kUtf8) {
    CHECK(told_of(key)["encoding"] == "utf8");
    CHECK(told_of(key)["key"] == key);
  }
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string key = {static_cast<char>(first), static_cast<char>(second)};
      const std::string text = message({true, hot(key)}, "main", 5, KeysShown::kPlain);
      if (Json::accept(text)) continue;
      FAIL_CHECK(text);
    }
  }
}

TEST_CASE("messages: keys that may not be shown are hashes") {
  const Json shown = Json::parse(message({true, hot("secret")}, "main", 5, KeysShown::kHashed));
  CHECK(shown["key"] == "0000000000000abc");
  CHECK(shown["encoding"] == "hash");
}

TEST_CASE("messages: several in one post") {
  const std::vector<std::string> messages = {R"({"a":1})", R"({"b":2})"};
  CHECK(batch("main", messages) == R"({"pool":"main","events":[{"a":1},{"b":2}]})");
  CHECK(batch("main", {}) == R"({"pool":"main","events":[]})");
}

TEST_CASE("messages: the page") {
  PoolReport main{};
  main.pool = "main";
  main.report.detects = true;
  main.report.requests = 1000;
  main.report.weight = 4;
  main.report.pinned = {{"a*", 1}, {"\xff*", 2}};
  main.report.keys = {{hot("a"), true}, {hot("\xff"), false}};
  main.report.at = 9'000'000;
  main.report.keys[0].key.hot_since = 4'000'000;
  main.report.keys[1].key.hot = 0;
  main.shard_of = [](std::string_view key) { return key == "a" ? "s1" : ""; };
  PoolReport other{};
  other.pool = "other";
  const PoolReport pools[] = {main, other};
  const Json read = Json::parse(page(pools, 7));
  CHECK(read["at_ms"] == 7);
  REQUIRE(read["pools"].size() == 2);
  CHECK(read["pools"][0]["pool"] == "main");
  CHECK(read["pools"][0]["requests_per_second"] == 1000);
  REQUIRE(read["pools"][0]["keys"].size() == 2);
  CHECK(read["pools"][0]["detects"] == true);
  CHECK(read["pools"][0]["one_sampled_of"] == 4);
  CHECK(read["pools"][0]["pinned"] ==
        Json::parse(
            R"([{"pattern":"a*","encoding":"utf8"},{"pattern":"/yo=","encoding":"base64"}])"));
  CHECK(read["pools"][0]["keys"][0]["key"] == "a");
  CHECK(read["pools"][0]["keys"][0]["cached"] == true);
  CHECK(read["pools"][0]["keys"][0]["shard"] == "s1");
  CHECK(read["pools"][0]["keys"][0]["since_unix_ms"] == 2);
  CHECK_FALSE(read["pools"][0]["keys"][1].contains("since_unix_ms"));
  CHECK(read["pools"][0]["keys"][1]["cached"] == false);
  CHECK(read["pools"][0]["keys"][1]["shard"].is_null());
  CHECK(read["pools"][0]["keys"][1]["encoding"] == "base64");
  CHECK(read["pools"][0]["keys"][1]["by"].empty());
  CHECK(read["pools"][1]["keys"].is_array());
}

}  // namespace slotway::proxy::hotkeys
