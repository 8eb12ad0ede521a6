#include "metrics/hot_key_metrics.h"

#include <doctest/doctest.h>

#include <set>

using namespace slotway::metrics;

namespace {

std::string shown(const std::string& key) {
  return hot_key_series({{.pool = "main", .keys = {{key, 1}}}}).at(0).key;
}

}  // namespace

TEST_CASE("hot key series: each count has its place in the list, those of one name together") {
  std::set<std::string_view> names;
  std::string_view last;
  for (size_t i = 0; i < kHotKeyCounts.size(); ++i) {
    CHECK(static_cast<size_t>(kHotKeyCounts[i].count) == i);
    if (kHotKeyCounts[i].name != last) CHECK(names.insert(kHotKeyCounts[i].name).second);
    last = kHotKeyCounts[i].name;
  }
}

TEST_CASE("hot key series: a key is printable, and has at most 64 bytes of its own") {
  CHECK(shown("user:1 ~") == "user:1 ~");
  CHECK(shown("") == "");
  CHECK(shown(std::string("\0\r\n\x7f\xc3\xa9", 6)) == "\\x00\\x0d\\x0a\\x7f\\xc3\\xa9");
  CHECK(shown("a\\x00") == "a\\\\x00");  // not what a byte of 0 is shown as
  CHECK(shown(std::string(64, 'k')) == std::string(64, 'k'));
  CHECK(shown(std::string(65, 'k')) == std::string(64, 'k'));
}

TEST_CASE("hot key series: what looks alike is one series, but of two pools two") {
  const std::string cut(64, 'k');
  const std::vector<HotKeySeries> series =
      hot_key_series({{.pool = "a", .keys = {{cut + "1", 3}, {"x", 9}, {cut + "2", 4}}},
                      {.pool = "b", .keys = {{cut, 5}}}});
  REQUIRE(series.size() == 3);
  CHECK(series[0].key == "x");
  CHECK(series[1].pool == "a");
  CHECK(series[1].key == cut);
  CHECK(series[1].requests == 7);
  CHECK(series[2].pool == "b");
  CHECK(series[2].requests == 5);
}

TEST_CASE("hot key series: 20 of all pools, those with the most requests") {
  std::vector<HotKeyRates> pools(2);
  for (int i = 0; i < 100; ++i) {
    pools[static_cast<size_t>(i % 2)].pool = i % 2 == 0 ? "even" : "odd";
    pools[static_cast<size_t>(i % 2)].keys.push_back({std::to_string(i), i * 1.0});
  }
  const std::vector<HotKeySeries> series = hot_key_series(pools);
  REQUIRE(series.size() == 20);
  for (size_t i = 0; i < series.size(); ++i)
    CHECK(series[i].requests == 99.0 - static_cast<double>(i));
}
