#include "proxy/cli/top_screen.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "proxy/cli/terminal.h"
#include "proxy/cli/text.h"

namespace slotway::proxy::cli {

namespace {

using nlohmann::json;

constexpr int64_t kNow = 1'700'000'000'000;

json shard(const std::string& name, int requests, const std::string& state = "up") {
  return {{"name", name},           {"address", "10.0.0.1:7001"},
          {"state", state},         {"answering_workers", state == "up" ? 4 : 3},
          {"workers", 4},           {"in_flight", 7},
          {"p50_us", 120},          {"p99_us", 2500},
          {"errors_per_second", 0}, {"requests_per_second", requests}};
}

json hot_key(const std::string& key, int requests) {
  return {{"key", key},
          {"encoding", "utf8"},
          {"cut", false},
          {"by", {"requests", "bytes"}},
          {"requests_per_second", requests},
          {"writes_per_second", 2},
          {"bytes_per_second", 4096},
          {"share", 0.25},
          {"shard", "a"},
          {"cached", true}};
}

TopAnswers answers() {
  TopAnswers answers;
  answers.version = {{"version", "1.2.3"},  {"started_unix_ms", kNow - 125'000},
                     {"now_unix_ms", kNow}, {"workers", 4},
                     {"ready", true},       {"reason", ""}};
  answers.history = {{"samples",
                      {{{"requests", 12345},
                        {"errors", 0},
                        {"p50_us", 90},
                        {"p99_us", 1500},
                        {"p999_us", 2'000'000},
                        {"cache_hits", 3},
                        {"cache_misses", 1},
                        {"connections", 50}}}}};
  answers.shards = {{"pools", {{{"name", "main"}, {"shards", {shard("a", 10), shard("b", 20)}}}}}};
  answers.hot_keys = {{"pools", {{{"pool", "main"}, {"keys", {hot_key("user:1", 900)}}}}}};
  answers.slow_log = {{"threshold_us", 10000},
                      {"entries",
                       {{{"args", {"GET", "slow"}},
                         {"total_us", 30000},
                         {"stages_us", {{"route", 1}, {"shard", 29000}, {"write", 5}}},
                         {"shard", "b"},
                         {"client", "127.0.0.1:5"},
                         {"unix_ms", kNow - 3000}}}}};
  answers.big_keys = {{"threshold_bytes", 1024},
                      {"entries",
                       {{{"key", "huge"},
                         {"cut", false},
                         {"bytes", 2 << 20},
                         {"command", "SET"},
                         {"direction", "request"},
                         {"times", 12},
                         {"shard", "a"},
                         {"unix_ms", kNow - 61'000}}}}};
  return answers;
}

std::string text_of(const TopAnswers& answers, ScreenSize size = {40, 120}) {
  std::string text;
  for (const ScreenLine& line : top_screen(answers, size)) text += line.text + '\n';
  return text;
}

// The look of the first line that starts so.
Look look_of(const TopAnswers& answers, const std::string& start) {
  const auto lines = top_screen(answers, {40, 120});
  const auto found = std::ranges::find_if(
      lines, [&](const ScreenLine& line) { return line.text.starts_with(start); });
  REQUIRE(found != lines.end());
  return found->look;
}

}  // namespace

TEST_CASE("the screen") {
  CHECK(text_of(answers()) ==
        "slotway 1.2.3  up 2m 5s  4 workers  ready\n"
        "requests/s 12,345  errors/s 0  p50 90 us  p99 1.50 ms  p999 2.00 s  connections 50  "
        "cache hits 75.0%\n"
        "\n"
        "SHARDS  STATE  REQUESTS/S  ERRORS/S     P50      P99  IN FLIGHT  ADDRESS\n"
        "b       up             20         0  120 us  2.50 ms          7  10.0.0.1:7001\n"
        "a       up             10         0  120 us  2.50 ms          7  10.0.0.1:7001\n"
        "\n"
        "HOT KEYS  REQUESTS/S  SHARE  WRITES/S  BYTES/S  CACHED  HOT BY          SHARD\n"
        "user:1           900  25.0%         2  4.0 KiB  yes     requests+bytes  a\n"
        "\n"
        "SLOW LOG      TOOK  MOST OF IT      SHARD  CLIENT         WHEN\n"
        "GET slow  30.00 ms  shard 29.00 ms  b      127.0.0.1:5  3s ago\n"
        "\n"
        "BIG KEYS    BYTES  COMMAND  DIRECTION  TIMES  SHARD       WHEN\n"
        "huge      2.0 MiB  SET      request       12  a      1m 1s ago\n");
}

TEST_CASE("the screen of a proxy that has nothing to show yet") {
  TopAnswers none = answers();
  none.history["samples"] = json::array();
  none.hot_keys["pools"][0]["keys"] = json::array();
  none.slow_log = {{"threshold_us", nullptr}, {"entries", json::array()}};
  none.big_keys["entries"] = json::array();
  const std::string text = text_of(none);
  CHECK(text.find("\nnothing has been measured yet\n") != std::string::npos);
  CHECK(text.ends_with("\n\nHOT KEYS  none\n\nSLOW LOG  off\n\nBIG KEYS  none\n"));
}

TEST_CASE("what is not as it should be stands out") {
  TopAnswers bad = answers();
  CHECK(look_of(bad, "slotway") == Look::kTitle);
  CHECK(look_of(bad, "requests/s") == Look::kPlain);
  CHECK(look_of(bad, "b ") == Look::kPlain);
  bad.version["ready"] = false;
  bad.version["reason"] = "draining";
  bad.history["samples"][0]["errors"] = 1;
  bad.shards["pools"][0]["shards"][1] = shard("b", 20, "degraded");
  CHECK(look_of(bad, "slotway 1.2.3  up 2m 5s  4 workers  not ready: draining") == Look::kAlert);
  CHECK(look_of(bad, "requests/s") == Look::kAlert);
  CHECK(look_of(bad, "b       degraded 3/4  ") == Look::kAlert);
}

TEST_CASE("shards of several pools are named with them, the busiest first") {
  TopAnswers two = answers();
  two.shards["pools"].push_back({{"name", "other"}, {"shards", {shard("a", 15)}}});
  const std::string text = text_of(two);
  CHECK(text.find("\nmain/b ") < text.find("\nother/a "));
  CHECK(text.find("\nother/a ") < text.find("\nmain/a "));
}

TEST_CASE("each section has its share of the rows, and leaves what it does not need") {
  TopAnswers many = answers();
  for (int i = 0; i < 50; ++i) {
    many.hot_keys["pools"][0]["keys"].push_back(hot_key("hot:" + std::to_string(i), i));
    many.slow_log["entries"].push_back(many.slow_log["entries"][0]);
  }
  for (const size_t rows : {1, 2, 9, 10, 11, 14, 30, 60, 200}) {
    CAPTURE(rows);
    const auto lines = top_screen(many, {rows, 100});
    CHECK(lines.size() == std::min<size_t>(rows, 115));
    for (const ScreenLine& line : lines) CHECK(columns_of(line.text) <= 100);
  }
  // 30 less 2 lines of head, 4 titles and 4 empty lines: 2 shards, 1 big key, and 17 for two.
  const std::string text = text_of(many, {30, 100});
  CHECK(text.find("\nHOT KEYS 9 of 51 ") != std::string::npos);
  CHECK(text.find("\nSLOW LOG 8 of 51 ") != std::string::npos);
  CHECK(text.find("\nhuge ") != std::string::npos);
}

TEST_CASE("no line is wider than the screen, whatever the keys") {
  TopAnswers wide = answers();
  wide.hot_keys["pools"][0]["keys"][0]["key"] = std::string(1000, 'k') + "\x1b[2J";
  wide.slow_log["entries"][0]["args"][1] = std::string(500, 'a');
  for (const size_t columns : {1, 20, 80, 100, 200}) {
    CAPTURE(columns);
    for (const ScreenLine& line : top_screen(wide, {40, columns})) {
      CHECK(columns_of(line.text) <= columns);
      CHECK(line.text.find('\x1b') == std::string::npos);
    }
  }
  // What stands behind the key is seen where there is room for it.
  CHECK(text_of(wide, {40, 100}).find("requests+bytes  a\n") != std::string::npos);
}

TEST_CASE("keys that are no text, or cut, are told by how they are written") {
  TopAnswers odd = answers();
  json& key = odd.hot_keys["pools"][0]["keys"][0];
  key["key"] = "/w==";
  key["encoding"] = "base64";
  CHECK(text_of(odd).find("\nbase64:/w==  ") != std::string::npos);
  key["key"] = "a\nb\x1b[31m";
  key["encoding"] = "utf8";
  key["cut"] = true;
  key["shard"] = nullptr;
  CHECK(text_of(odd).find("\na\\x0ab\\x1b[31m..  ") != std::string::npos);
}

TEST_CASE("other answers than the API's are refused") {
  TopAnswers other = answers();
  other.version = {{"version", 5}};
  CHECK_THROWS_AS(text_of(other), json::exception);
}

TEST_CASE("the drawing of a screen goes over the one before") {
  const std::vector<ScreenLine> lines = {{"one", Look::kTitle}, {"two"}, {"three", Look::kAlert}};
  CHECK(drawing(lines, false) == "\x1b[H\x1b[Kone\r\n\x1b[Ktwo\r\n\x1b[Jthree");
  CHECK(drawing(lines, true) ==
        "\x1b[H\x1b[K\x1b[1mone\x1b[0m\r\n\x1b[Ktwo\r\n\x1b[J\x1b[31mthree\x1b[0m");
}

}  // namespace slotway::proxy::cli
