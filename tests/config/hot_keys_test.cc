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
  CHECK(HotKeys{}.detect);
}

TEST_CASE("hot keys: every setting") {
  const HotKeys read = hot_keys_of(
      "{ detect: true, report: { share: 12.5%, rate: 7 }, cache: { mode: off, memory: 2MiB, "
      "entries: 12, max_reply: 1KiB, max_ttl: 3s, staleness: 50ms }, rules: [ "
      "{ match: \"flash:*\", cache: always, max_ttl: 2s }, "
      "{ match: \"lock:*\", cache: never, read_limit: 5000/s, write_limit: 1000000/s }, "
      "{ match: \"*\", cache: by_heat } ], redact_keys: true }");
  CHECK(read.detect);
  CHECK(read.redact_keys);
  CHECK(!hot_keys_of("{ redact_keys: false }").redact_keys);
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
      {.match = "lock:*",
       .cache = Rule::Cache::kNever,
       .read_limit = 5000,
       .write_limit = 1'000'000},
      {.match = "*"}};
  CHECK(read.rules == rules);
  CHECK(hot_keys_of("{ cache: { mode: off } }").cache.mode == HotKeys::Cache::Mode::kOff);
  CHECK(hot_keys_of("{ cache: { mode: tracked } }").cache.mode == HotKeys::Cache::Mode::kTracked);
  const HotKeys ttl = hot_keys_of("{ cache: { mode: ttl, max_ttl: 10ms } }");
  CHECK(ttl.cache.mode == HotKeys::Cache::Mode::kTtl);
  CHECK(ttl.cache.max_ttl == milliseconds(10));
  CHECK(hot_keys_of("{ rules: { match: a } }").rules.size() == 1);
  CHECK(read.has_limits());
  CHECK(!hot_keys_of("{ rules: { match: a } }").has_limits());
  CHECK(hot_keys_of("{ rules: { match: a, write_limit: 1/s } }").has_limits());
}

TEST_CASE("hot keys: the webhook's URL") {
  CHECK(hot_keys_of("{ detect: true }").webhook.empty());
  for (const char* url :
       {"http://a", "https://a.b-c_d", "http://127.0.0.1:8080/hotkeys", "https://[::1]:1/x?y=%20&z",
        "http://a:65535", "http://a?b", "http://[fe80::1]/", "http://a/@/b"}) {
    CAPTURE(url);
    CHECK(hot_keys_of("{ webhook: '" + std::string(url) + "' }").webhook == url);
  }
  const std::string too_long = "http://a/" + std::string(2048, 'x');
  for (const char* url : {"a",
                          "http:",
                          "http://",
                          "http:///x",
                          "http://:80",
                          "HTTP://a",
                          "file:///etc/passwd",
                          "ftp://a",
                          "gopher://a",
                          "http://user@a",
                          "http://user:word@a/",
                          "http://a:0",
                          "http://a:",
                          "http://a:65536",
                          "http://a:b",
                          "http://a:80:90",
                          "http://[::1",
                          "http://[::1]x",
                          "http://::1/",
                          "http://a/#b",
                          "http://a/ b",
                          "http://a/\xc3\xa9",
                          "http://\xc3\xa9/",
                          "http://a\\b",
                          "http://a%20b/",
                          "http://a,b",
                          too_long.c_str()}) {
    CAPTURE(url);
    CHECK(error_of("{ webhook: '" + std::string(url) + "' }")
              .starts_with("3:26: webhook: expected a URL"));
  }
}

TEST_CASE("hot keys: what is wrong is said, with its place") {
  const std::pair<const char*, const char*> kWrong[] = {
      {"5", "3:15: hot_keys: expected a mapping, got '5'"},
      {"{ detects: true }", "3:17: unknown key 'detects' in hot_keys, did you mean 'detect'?"},
      {"{ redact_keys: 1 }", "3:30: redact_keys: expected true or false, got '1'"},
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
      {"{ cache: { mode: broadcast } }",
       "3:32: mode: expected tracked, ttl or off, got 'broadcast'"},
      {"{ cache: { mode: ttl } }",
       "3:17: 'max_ttl' is missing in cache, expected how long a value may be out of date, such as "
       "1s, in mode ttl"},
      {"{ cache: { mode: ttl, staleness: 1s }, rules: { match: a, max_ttl: 1s } }",
       "3:17: 'max_ttl' is missing in cache, expected how long a value may be out of date, such as "
       "1s, in mode ttl"},
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
      {"{ webhook: localhost }",
       "3:26: webhook: expected a URL such as http://127.0.0.1:8080/hotkeys, http or https, "
       "without a user or fragment, got 'localhost'"},
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
       "3:40: unknown key 'limit' in rules, expected one of match, cache, max_ttl, "
       "read_limit, write_limit, spread"},
      {"{ rules: [ { match: \"a\", read_limit: 5 } ] }",
       "3:52: read_limit: expected a rate from 1/s to 1000000/s, such as 500/s, got '5'"},
      {"{ rules: [ { match: \"a\", read_limit: 5/m } ] }",
       "3:52: read_limit: expected a rate from 1/s to 1000000/s, such as 500/s, got '5/m'"},
      {"{ rules: [ { match: \"a\", read_limit: 1.5/s } ] }",
       "3:52: read_limit: expected a rate from 1/s to 1000000/s, such as 500/s, got '1.5/s'"},
      {"{ rules: [ { match: \"a\", write_limit: 0/s } ] }",
       "3:53: write_limit: expected a rate from 1/s to 1000000/s, such as 500/s, got '0/s'"},
      {"{ rules: [ { match: \"a\", write_limit: 1000001/s } ] }",
       "3:53: write_limit: expected a rate from 1/s to 1000000/s, such as 500/s, got "
       "'1000001/s'"},
  };
  for (const auto& [text, wanted] : kWrong) {
    CAPTURE(text);
    CHECK(error_of(text) == wanted);
  }
}

TEST_CASE("hot keys: spread needs replicas that are not read anyway") {
  const auto pool = [](const std::string& read_from, const std::string& hot_keys) {
    return "pools:\n  main:\n    shards: { a: { primary: 127.0.0.1:7001, replicas: "
           "[127.0.0.1:7002] } "
           "}\n    read_from: " +
           read_from + "\n    hot_keys: " + hot_keys + "\n";
  };
  const auto read = [&](const std::string& hot_keys) {
    return parsed(pool("primary", hot_keys)).pools.at(0).hot_keys;
  };
  using Spread = HotKeys::Spread;
  CHECK(read("{ detect: true, spread: replicas }").spread == Spread::kReplicas);
  CHECK(read("{ detect: true, spread: replicas }").spreads());
  CHECK(!read("{ detect: false, spread: replicas }").spreads());
  CHECK(!read("{ detect: true, spread: none, rules: { match: a, spread: none } }").spreads());
  const HotKeys ruled = read("{ detect: true, rules: { match: a, spread: replicas } }");
  CHECK(ruled.rules.at(0).spread == Spread::kReplicas);
  CHECK(ruled.spreads());
  CHECK(!read("{ rules: { match: a } }").rules.at(0).spread);
  CHECK(error_in(pool("primary", "{ spread: all }")) ==
        "5:25: spread: expected none or replicas, got 'all'");
  CHECK(error_in(pool("nearest", "{ spread: replicas }")) ==
        "5:25: spread: expected none, for read_from has replicas read anyway, got 'replicas'");
  CHECK(error_of("{ rules: { match: a, spread: replicas } }") ==
        "3:44: spread: expected none, for no shard has replicas, got 'replicas'");
  CHECK(error_of("{ spread: none }").empty());
}

}  // namespace slotway::config
