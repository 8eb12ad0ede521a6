#include "backend/settings_table.h"

#include <algorithm>
#include <optional>

#include "wire/number.h"
#include "wire/text.h"

namespace slotway::backend {

namespace {

using Text = std::string_view;

constexpr uint64_t kMebibyte = 1 << 20;

// ---- values

// "10", "1k" (1000), "1kb" (1024), "2gb".
std::optional<uint64_t> parse_bytes(Text text) {
  struct Unit {
    Text name;
    uint64_t factor;
  };
  constexpr Unit kUnits[] = {{"b", 1},           {"k", 1000},     {"kb", 1 << 10},
                             {"m", 1000'000},    {"mb", 1 << 20}, {"g", 1000'000'000},
                             {"gb", 1ull << 30}, {"", 1}};
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = wire::parse_integer(text.substr(0, digits));
  if (!number) return std::nullopt;
  for (const Unit& unit : kUnits) {
    uint64_t bytes = 0;
    if (wire::equal_ignoring_case(text.substr(digits), unit.name) &&
        !__builtin_mul_overflow(static_cast<uint64_t>(*number), unit.factor, &bytes)) {
      return bytes;
    }
  }
  return std::nullopt;
}

std::string must_lie(uint64_t least, uint64_t most) {
  return "argument must be between " + std::to_string(least) + " and " + std::to_string(most) +
         " inclusive";
}

template <typename Field>
std::string set_number(Field& field, Text value, uint64_t least, uint64_t most) {
  const auto number = wire::parse_integer(value);
  if (!number) return "argument couldn't be parsed into an integer";
  if (*number < 0 || static_cast<uint64_t>(*number) < least ||
      static_cast<uint64_t>(*number) > most) {
    return must_lie(least, most);
  }
  field = static_cast<Field>(*number);
  return {};
}

std::string set_bytes(uint64_t& field, Text value, uint64_t least) {
  const auto bytes = parse_bytes(value);
  if (!bytes) return "argument must be a memory value";
  if (*bytes < least || *bytes > INT64_MAX) return must_lie(least, INT64_MAX);
  field = *bytes;
  return {};
}

std::vector<std::string> split_words(Text text) {
  std::vector<std::string> words;
  while (true) {
    const size_t begin = text.find_first_not_of(' ');
    if (begin == Text::npos) return words;
    const size_t end = std::min(text.find(' ', begin), text.size());
    words.emplace_back(text.substr(begin, end - begin));
    text.remove_prefix(end);
  }
}

// "*" and "localhost" are what people write; "-" in front means that a missing family is no error,
// which is left to the one who binds.
std::string set_bind(Settings& settings, Text value) {
  std::vector<std::string> addresses = split_words(value);
  for (std::string& address : addresses) {
    if (address.starts_with('-')) address.erase(0, 1);
    if (address == "*") address = "0.0.0.0";
    if (address == "::*") address = "::";
    if (address == "localhost") address = "127.0.0.1";
  }
  if (addresses.empty()) return "expected at least one address";
  settings.bind = std::move(addresses);
  return {};
}

std::string get_bind(const Settings& settings) {
  std::string all;
  for (const std::string& address : settings.bind) all += (all.empty() ? "" : " ") + address;
  return all;
}

struct LevelName {
  Text name;
  metrics::log::Level level;
};
using metrics::log::Level;
constexpr LevelName kLevels[] = {{"debug", Level::kDebug},
                                 {"verbose", Level::kDebug},
                                 {"notice", Level::kInfo},
                                 {"warning", Level::kWarn}};

std::string set_log_level(Settings& settings, Text value) {
  for (const LevelName& level : kLevels) {
    if (!wire::equal_ignoring_case(value, level.name)) continue;
    settings.log_level = level.name;
    return {};
  }
  return "argument(s) must be one of the following: debug, verbose, notice, warning";
}

// ---- rows

std::string number_text(uint64_t value) { return std::to_string(value); }

// A setting whose value is always the same.
#define FIXED(NAME, VALUE)                                                                    \
  {                                                                                           \
    .name = (NAME), .get = [](const Settings&) { return std::string(VALUE); }, .set = nullptr \
  }

constexpr SettingRow kRows[] = {
    FIXED("activedefrag", "no"),
    FIXED("appendfsync", "everysec"),
    FIXED("appendonly", "no"),
    {"bind", &get_bind, &set_bind},
    {"client-output-limit", [](const Settings& s) { return number_text(s.max_output); },
     [](Settings& s, Text v) { return set_bytes(s.max_output, v, kMebibyte); }, true},
    {"client-query-buffer-limit", [](const Settings& s) { return number_text(s.max_query_size); },
     [](Settings& s, Text v) { return set_bytes(s.max_query_size, v, kMebibyte); }, true},
    FIXED("cluster-enabled", "no"),
    {"databases", [](const Settings& s) { return number_text(s.databases); },
     [](Settings& s, Text v) { return set_number(s.databases, v, 1, 1024); }},
    FIXED("dir", "."),
    {"hz", [](const Settings& s) { return number_text(s.cycles_per_second); },
     [](Settings& s, Text v) { return set_number(s.cycles_per_second, v, 1, 500); }, true},
    FIXED("io-threads", "1"),
    FIXED("lazyfree-lazy-expire", "no"),
    FIXED("lazyfree-lazy-user-del", "no"),
    FIXED("lazyfree-lazy-user-flush", "no"),
    {"loglevel", [](const Settings& s) { return s.log_level; }, &set_log_level, true},
    {"maxclients", [](const Settings& s) { return number_text(s.max_clients); },
     [](Settings& s, Text v) { return set_number(s.max_clients, v, 1, UINT32_MAX); }, true},
    FIXED("maxmemory", "0"),
    FIXED("maxmemory-policy", "noeviction"),
    FIXED("notify-keyspace-events", ""),
    {"partial-timeout", [](const Settings& s) { return number_text(s.partial_seconds); },
     [](Settings& s, Text v) { return set_number(s.partial_seconds, v, 0, INT32_MAX); }, true},
    {"port", [](const Settings& s) { return number_text(s.port); },
     [](Settings& s, Text v) { return set_number(s.port, v, 0, 65535); }},
    {"proto-max-bulk-len", [](const Settings& s) { return number_text(s.max_bulk_size); },
     [](Settings& s, Text v) { return set_bytes(s.max_bulk_size, v, kMebibyte); }, true},
    {"requirepass", [](const Settings& s) { return s.password; },
     [](Settings& s, Text v) {
       s.password = v;
       return std::string();
     },
     true},
    FIXED("save", ""),
    {"stalled-timeout", [](const Settings& s) { return number_text(s.stalled_seconds); },
     [](Settings& s, Text v) { return set_number(s.stalled_seconds, v, 0, INT32_MAX); }, true},
    {"tcp-keepalive", [](const Settings& s) { return number_text(s.keepalive_seconds); },
     [](Settings& s, Text v) { return set_number(s.keepalive_seconds, v, 0, 32767); }, true},
    {"timeout", [](const Settings& s) { return number_text(s.idle_seconds); },
     [](Settings& s, Text v) { return set_number(s.idle_seconds, v, 0, INT32_MAX); }, true},
    {"unixsocket", [](const Settings& s) { return s.unix_socket; },
     [](Settings& s, Text v) {
       s.unix_socket = v;
       return std::string();
     }},
};

#undef FIXED

}  // namespace

std::span<const SettingRow> setting_rows() { return kRows; }

const SettingRow* find_setting(std::string_view name) {
  for (const SettingRow& row : kRows) {
    if (wire::equal_ignoring_case(name, row.name)) return &row;
  }
  return nullptr;
}

std::string set_setting(Settings& settings, std::string_view name, std::string_view value) {
  const SettingRow* const row = find_setting(name);
  if (!row) return "unknown setting";
  if (row->set) return row->set(settings, value);
  const std::string only = row->get(settings);
  if (wire::equal_ignoring_case(value, only)) return {};
  return "this server knows the value '" + only + "' alone";
}

metrics::log::Level log_level_of(const Settings& settings) {
  for (const LevelName& level : kLevels) {
    if (settings.log_level == level.name) return level.level;
  }
  return Level::kInfo;
}

}  // namespace slotway::backend
