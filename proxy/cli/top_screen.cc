#include "proxy/cli/top_screen.h"

#include <fmt/format.h>

#include <algorithm>

#include "proxy/cli/answers.h"
#include "proxy/cli/table.h"
#include "proxy/cli/text.h"

namespace slotway::proxy::cli {

namespace {

using Json = nlohmann::json;
using Lines = std::vector<ScreenLine>;

constexpr size_t kHeadOfSection = 2;  // rows: an empty one and the titles

struct Row {
  std::vector<std::string> cells;
  Look look = Look::kPlain;
};

// One of the tables. Its title is that of the first column.
struct Section {
  std::string title;
  std::vector<Column> others;  // columns behind the first
  std::string if_empty;        // said in place of the table
  std::vector<Row> rows = {};
};

// The rows of all pools, the one with the highest rate first, each with its pool.
struct Ranked {
  const Json* pool;
  const Json* row;
};
std::vector<Ranked> by_rate(const Json& pools, const char* member) {
  std::vector<Ranked> ranked;
  for (const Json& pool : pools) {
    for (const Json& row : pool.at(member)) ranked.push_back({&pool, &row});
  }
  std::ranges::stable_sort(ranked, [](const Ranked& a, const Ranked& b) {
    return number(*a.row, "requests_per_second") > number(*b.row, "requests_per_second");
  });
  return ranked;
}

// ---- the lines above the tables

ScreenLine first_line(const Json& version) {
  const bool is_ready = version.at("ready").get<bool>();
  const int64_t up_ms = number(version, "now_unix_ms") - number(version, "started_unix_ms");
  return {fmt::format("slotway {}  up {}  {} workers  {}", text(version, "version"),
                      duration_text(up_ms / 1000), number(version, "workers"),
                      is_ready ? "ready" : "not ready: " + text(version, "reason")),
          is_ready ? Look::kTitle : Look::kAlert};
}

ScreenLine second_line(const Json& history) {
  const Json& samples = history.at("samples");
  if (samples.empty()) return {"nothing has been measured yet"};
  const Json& last = samples.back();
  const int64_t hits = number(last, "cache_hits");
  const int64_t reads = hits + number(last, "cache_misses");
  const int64_t errors = number(last, "errors");
  return {
      fmt::format(
          "requests/s {}  errors/s {}  p50 {}  p99 {}  p999 {}  connections {}  cache hits {}",
          grouped(number(last, "requests")), grouped(errors), time_of(last, "p50_us"),
          time_of(last, "p99_us"), time_of(last, "p999_us"), grouped(number(last, "connections")),
          reads == 0 ? "-" : percent_text(static_cast<double>(hits) / static_cast<double>(reads))),
      errors > 0 ? Look::kAlert : Look::kPlain};
}

// ---- the tables

Section shards(const Json& page) {
  const Json& pools = page.at("pools");
  Section section{"SHARDS",
                  {{"STATE", Column::Side::kLeft},
                   {"REQUESTS/S"},
                   {"ERRORS/S"},
                   {"P50"},
                   {"P99"},
                   {"IN FLIGHT"},
                   {"ADDRESS", Column::Side::kLeft}},
                  "none"};
  for (const auto& [pool, shard] : by_rate(pools, "shards")) {
    const std::string name = text(*shard, "name");
    const std::string state = text(*shard, "state");
    section.rows.push_back(
        {{pools.size() > 1 ? text(*pool, "name") + "/" + name : name, state_text(*shard),
          grouped(number(*shard, "requests_per_second")),
          grouped(number(*shard, "errors_per_second")), time_of(*shard, "p50_us"),
          time_of(*shard, "p99_us"), grouped(number(*shard, "in_flight")), text(*shard, "address")},
         state == "up" ? Look::kPlain : Look::kAlert});
  }
  return section;
}

// Behind a key that has more bytes.
const char* cut_mark(const Json& key) { return key.at("cut").get<bool>() ? ".." : ""; }

std::string key_text(const Json& key) {
  const std::string encoding = text(key, "encoding");
  const std::string shown_key = text(key, "key");
  return (encoding == "utf8" ? "" : encoding + ":") + shown_key + cut_mark(key);
}

Section hot_keys(const Json& page) {
  Section section{"HOT KEYS",
                  {{"REQUESTS/S"},
                   {"SHARE"},
                   {"WRITES/S"},
                   {"BYTES/S"},
                   {"CACHED", Column::Side::kLeft},
                   {"HOT BY", Column::Side::kLeft},
                   {"SHARD", Column::Side::kLeft}},
                  "none"};
  for (const auto& [pool, key] : by_rate(page.at("pools"), "keys")) {
    section.rows.push_back(
        {{key_text(*key), grouped(number(*key, "requests_per_second")),
          percent_text(key->at("share").get<double>()), grouped(number(*key, "writes_per_second")),
          bytes_text(static_cast<uint64_t>(number(*key, "bytes_per_second"))),
          yes_no(*key, "cached"), joined(key->at("by"), "+"), text(*key, "shard")}});
  }
  return section;
}

std::string age_of(const Json& entry, int64_t now_ms) {
  return duration_text((now_ms - number(entry, "unix_ms")) / 1000) + " ago";
}

std::string largest_stage(const Json& stages) {
  std::string name;
  int64_t most = 0;
  for (const auto& [stage, us] : stages.items()) {
    if (us.get<int64_t>() <= most) continue;
    name = shown(stage);
    most = us.get<int64_t>();
  }
  return most == 0 ? "-" : name + " " + time_text(static_cast<uint64_t>(most));
}

// What is off has no threshold.
std::string if_empty(const Json& page, const char* threshold) {
  return page.at(threshold).is_null() ? "off" : "none";
}

Section slow_log(const Json& page, int64_t now_ms) {
  Section section{"SLOW LOG",
                  {{"TOOK"},
                   {"MOST OF IT", Column::Side::kLeft},
                   {"SHARD", Column::Side::kLeft},
                   {"CLIENT", Column::Side::kLeft},
                   {"WHEN"}},
                  if_empty(page, "threshold_us")};
  for (const Json& entry : page.at("entries")) {
    section.rows.push_back({{joined(entry.at("args"), " "), time_of(entry, "total_us"),
                             largest_stage(entry.at("stages_us")), text(entry, "shard"),
                             text(entry, "client"), age_of(entry, now_ms)}});
  }
  return section;
}

Section big_keys(const Json& page, int64_t now_ms) {
  Section section{"BIG KEYS",
                  {{"BYTES"},
                   {"COMMAND", Column::Side::kLeft},
                   {"DIRECTION", Column::Side::kLeft},
                   {"TIMES"},
                   {"SHARD", Column::Side::kLeft},
                   {"WHEN"}},
                  if_empty(page, "threshold_bytes")};
  for (const Json& entry : page.at("entries")) {
    section.rows.push_back(
        {{text(entry, "key") + cut_mark(entry),
          bytes_text(static_cast<uint64_t>(number(entry, "bytes"))), text(entry, "command"),
          text(entry, "direction"), grouped(number(entry, "times")), text(entry, "shard"),
          age_of(entry, now_ms)}});
  }
  return section;
}

// ---- onto the screen

// How many rows of each are shown: one more of each in turn, until nothing is left of `rows`.
std::vector<size_t> shares(const std::vector<Section>& sections, size_t rows) {
  std::vector<size_t> shares(sections.size());
  rows -= std::min(rows, sections.size() * kHeadOfSection);
  for (bool has_given = true; has_given;) {
    has_given = false;
    for (size_t i = 0; i < sections.size() && rows > 0; ++i) {
      if (shares[i] == sections[i].rows.size()) continue;
      ++shares[i];
      --rows;
      has_given = true;
    }
  }
  return shares;
}

void append(Lines& lines, const Section& section, size_t count, size_t width) {
  lines.push_back({});
  if (section.rows.empty()) {
    lines.push_back({section.title + "  " + section.if_empty, Look::kTitle});
    return;
  }
  std::string title = section.title;
  if (count < section.rows.size()) title += fmt::format(" {} of {}", count, section.rows.size());
  std::vector<Column> columns = {{title, Column::Side::kLeft}};
  columns.insert(columns.end(), section.others.begin(), section.others.end());
  Table table(columns);
  for (size_t i = 0; i < count; ++i) table.add(section.rows[i].cells);
  const std::vector<std::string> texts = table.lines(width);
  lines.push_back({texts[0], Look::kTitle});
  for (size_t i = 0; i < count; ++i) lines.push_back({texts[i + 1], section.rows[i].look});
}

}  // namespace

Lines top_screen(const TopAnswers& answers, ScreenSize size) {
  Lines lines = {first_line(answers.version), second_line(answers.history)};
  const int64_t now_ms = number(answers.version, "now_unix_ms");
  const std::vector<Section> sections = {shards(answers.shards), hot_keys(answers.hot_keys),
                                         slow_log(answers.slow_log, now_ms),
                                         big_keys(answers.big_keys, now_ms)};
  const size_t left = size.rows - std::min(size.rows, lines.size());
  const std::vector<size_t> counts = shares(sections, left);
  for (size_t i = 0; i < sections.size(); ++i) append(lines, sections[i], counts[i], size.columns);
  if (lines.size() > size.rows) lines.resize(size.rows);
  for (ScreenLine& line : lines) line.text = cut(line.text, size.columns);
  return lines;
}

}  // namespace slotway::proxy::cli
