#include "config/hot_keys.h"

#include <chrono>

#include "tests/config/parse.h"

namespace slotway::config {

namespace {

using std::chrono::milliseconds;

HotKeys hot_keys_of(std::string_view text) {
  return parsed(pool_with("hot_keys: " + std::string(text))).pools.at(0).hot_keys;
}
std::string error_of(std::string_view text) {
  return error_in(pool_with("hot_keys: " + std::string(text)));
}

}  // namespace

TEST_CASE("hot keys: the defaults") {
  CHECK(parsed(pool_with("")).pools.at(0).hot_keys == HotKeys{});
  CHECK(hot_keys_of("{}") == HotKeys{});
  CHECK(hot_keys_of("{ report: {}, cache: {} }") == HotKeys{});
  CHECK(!HotKeys{}.detect);
}

TEST_CASE("hot keys: every setting") {
  const HotKeys read = hot_keys_of(
      "{ detect: true, report: { share: 12.5%, rate: 7 }, cache: { mode: off, memory: 2MiB, "
      "entries: 12, max_reply: 1KiB, max_ttl: 3s, staleness: 50ms }, rules: [ "
      "{ match: \"flash:*\", cache: always, max_ttl: 2s }, "
      "{ match: \"lock:*\", cache: never }, "
      "{ match: \"*\", cache: by_heat } ] }");
  CHECK(read.detect);
  CHECK(read.report.share == 0.125);
  CHECK(read.report.rate == 7);
  CHECK(read.cache.mode == HotKeys::Cache::Mode::kOff);
  CHECK(read.cache.memory == 2u << 20);
  CHECK(read.cache.entries == 12);
  CHECK(read.cache.max_reply == 1024);
  CHECK(read.cache.max_ttl == milliseconds(3000));
  CHECK(read.cache.staleness == milliseconds(50));
  using Rule = HotKeys::Rule;
  const std::vector<Rule> rules = {
      {.match = "flash:*", .cache = Rule::Cache::kAlways, .max_ttl = milliseconds(2000)},
      {.match = "lock:*", .cache = Rule::Cache::kNever},
      {.match = "*"}};
  CHECK(read.rules == rules);
  CHECK(hot_keys_of("{ cache: { mode: off } }").cache.mode == HotKeys::Cache::Mode::kOff);
  CHECK(hot_keys_of("{ cache: { mode: tracked } }").cache.mode == HotKeys::Cache::Mode::kTracked);
  CHECK(hot_keys_of("{ rules: { match: a } }").rules.size() == 1);
}

TEST_CASE("hot keys: what is wrong is said, with its place") {
  const std::pair<const char*, const char*> kWrong[] = {
      {"5", "3:15: hot_keys: expected a mapping, got '5'"},
      {"{ detects: true }", "3:17: unknown key 'detects' in hot_keys, did you mean 'detect'?"},
      {"{ detect: perhaps }", "3:25: detect: expected true or false, got 'perhaps'"},
      {"{ report: 5 }", "3:25: report: expected a mapping, got '5'"},
      {"{ report: { share: 0.1 } }",
       "3:34: share: expected a share above 0 to 100, such as 0.1%, got '0.1'"},
      {"{ report: { share: 0% } }",
       "3:34: share: expected a share above 0 to 100, such as 0.1%, got '0%'"},
      {"{ report: { share: 101% } }",
       "3:34: share: expected a share above 0 to 100, such as 0.1%, got '101%'"},
      {"{ report: { share: nan% } }",
       "3:34: share: expected a share above 0 to 100, such as 0.1%, got 'nan%'"},
      {"{ report: { rate: 0 } }",
       "3:33: rate: expected a whole number from 1 to 1000000000, got '0'"},
      {"{ report: { rates: 1 } }", "3:27: unknown key 'rates' in report, did you mean 'rate'?"},
      {"{ cache: tracked }", "3:24: cache: expected a mapping, got 'tracked'"},
      {"{ cache: { mode: broadcast } }", "3:32: mode: expected tracked or off, got 'broadcast'"},
      {"{ cache: { memory: 1KiB } }",
       "3:34: memory: expected a size from 1MiB to 64GiB, such as 64KiB, 512MiB or 1GiB, got "
       "'1KiB'"},
      {"{ cache: { entries: 0 } }",
       "3:35: entries: expected a whole number from 1 to 8192, got '0'"},
      {"{ cache: { entries: 8193 } }",
       "3:35: entries: expected a whole number from 1 to 8192, got '8193'"},
      {"{ cache: { max_reply: 17MiB } }",
       "3:37: max_reply: expected a size from 1B to 16MiB, such as 64KiB, 512MiB or 1GiB, got "
       "'17MiB'"},
      {"{ cache: { max_ttl: 9ms } }",
       "3:35: max_ttl: expected a duration from 10ms to 24h, such as 500ms, 2s or 1m, got '9ms'"},
      {"{ cache: { staleness: 49ms } }",
       "3:37: staleness: expected a duration from 50ms to 24h, such as 500ms, 2s or 1m, got "
       "'49ms'"},
      {"{ cache: { stale: 1s } }",
       "3:26: unknown key 'stale' in cache, expected one of mode, memory, entries, max_reply, "
       "max_ttl, staleness"},
      {"{ rules: 5 }", "3:24: rules: expected a mapping, got '5'"},
      {"{ rules: [] }", "3:24: rules: expected at least one, got an empty list"},
      {"{ rules: [ { cache: always } ] }",
       "3:17: 'match' is missing in rules, expected a pattern of keys"},
      {"{ rules: [ { match: \"a\", cache: sometimes } ] }",
       "3:47: cache: expected by_heat, always or never, got 'sometimes'"},
      {"{ rules: [ { match: \"a\", cache: always, cache: never } ] }",
       "3:55: expected each key once, got 'cache' again (first in line 3)"},
      {"{ rules: [ { match: \"a\", max_ttl: 0s } ] }",
       "3:49: max_ttl: expected a duration from 10ms to 24h, such as 500ms, 2s or 1m, got '0s'"},
      {"{ rules: [ { match: \"a\", limit: 5/s } ] }",
       "3:40: unknown key 'limit' in rules, expected one of match, cache, max_ttl"},
  };
  for (const auto& [text, wanted] : kWrong) {
    CAPTURE(text);
    CHECK(error_of(text) == wanted);
  }
}

}  // namespace slotway::config
