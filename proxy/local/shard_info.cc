#include "proxy/local/shard_info.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <set>

#include "wire/number.h"

namespace slotway::proxy {

namespace {

std::string_view next_line(std::string_view& text) {
  const size_t end = std::min(text.find("\r\n"), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 2, text.size()));
  return line;
}

std::optional<double> real(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string human(double bytes) {
  constexpr std::string_view kUnits = "BKMGTP";
  size_t unit = 0;
  while (bytes >= 1024 && unit + 1 < kUnits.size()) {
    bytes /= 1024;
    ++unit;
  }
  char text[64];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f%c" : "%.2f%c", bytes, kUnits[unit]);
  return text;
}

std::string with_two_digits(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

// States and times, of which a sum would say nothing: the largest speaks for all.
bool is_largest(std::string_view name) {
  constexpr std::string_view kEnds[] = {"_in_progress", "_enabled", "_active",   "_running",
                                        "_sec",         "_usec",    "_scheduled"};
  constexpr std::string_view kNames[] = {"number_of_cached_scripts", "loading", "async_loading",
                                         "total_system_memory", "second_repl_offset"};
  return std::ranges::any_of(kEnds, [&](std::string_view end) { return name.ends_with(end); }) ||
         std::ranges::find(kNames, name) != std::end(kNames);
}

// The oldest snapshot; what WAIT can count on.
bool is_smallest(std::string_view name) {
  return name == "rdb_last_save_time" || name == "connected_slaves";
}

std::string joined(const std::vector<std::string>& values) {
  std::string text;
  std::set<std::string_view> seen;
  const auto is_ok = [](const std::string& value) { return value == "ok"; };
  const bool some_failed = !std::ranges::all_of(values, is_ok);
  for (const std::string& value : values) {
    if ((some_failed && is_ok(value)) || !seen.insert(value).second) continue;
    text += (text.empty() ? "" : ",") + value;
  }
  return text;
}

// A shard may say anything: a sum that does not fit is the number next to it.
int64_t sum_of(int64_t a, int64_t b) {
  int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return a < 0 ? INT64_MIN : INT64_MAX;
}

// The same for what is not whole.
int64_t whole(double value) {
  constexpr double kBound = 9223372036854775808.0;  // 2^63
  if (value >= kBound) return INT64_MAX;
  return value <= -kBound ? INT64_MIN : static_cast<int64_t>(value);
}

int64_t count_of(std::string_view line, std::string_view name) {
  const size_t at = line.find(name);
  if (at == std::string_view::npos) return 0;
  int64_t value = 0;
  std::from_chars(line.data() + at + name.size(), line.data() + line.size(), value);
  return value;
}

}  // namespace

void ShardInfo::add(std::string_view text) {
  Section* section = nullptr;
  while (!text.empty()) {
    const std::string_view line = next_line(text);
    if (line.starts_with("# ")) {
      section = &sections_[std::string(line.substr(2))];
      continue;
    }
    const size_t colon = line.find(':');
    if (!section || colon == std::string_view::npos) continue;
    const std::string_view name = line.substr(0, colon);
    auto field = std::ranges::find(*section, name, &Field::name);
    if (field == section->end()) field = section->insert(field, {std::string(name), {}});
    field->values.emplace_back(line.substr(colon + 1));
  }
}

const ShardInfo::Section& ShardInfo::section(std::string_view title) const {
  static const Section kNone;
  const auto found = sections_.find(title);
  return found == sections_.end() ? kNone : found->second;
}

std::string ShardInfo::merged(const Section& section, const Field& field) const {
  const std::string_view name = field.name;
  if (name.ends_with("_human")) {
    const auto bytes = std::ranges::find(section, name.substr(0, name.size() - 6), &Field::name);
    if (bytes != section.end()) return human(real(merged(section, *bytes)).value_or(0));
  }
  const bool is_percent = std::ranges::all_of(
      field.values, [](const std::string& value) { return value.ends_with('%'); });
  int64_t sum = 0, smallest = INT64_MAX, largest = INT64_MIN;
  double real_sum = 0;
  bool are_integers = true;
  for (std::string_view value : field.values) {
    if (is_percent) value.remove_suffix(1);
    const auto integer = wire::parse_integer(value);
    const auto number = real(value);
    if (!number) return joined(field.values);
    are_integers = are_integers && integer;
    real_sum += *number;
    if (!integer) continue;
    largest = std::max(largest, *integer);
    smallest = std::min(smallest, *integer);
    sum = sum_of(sum, *integer);
  }
  const bool is_rate = name.ends_with("_kbps");
  if (is_rate) return with_two_digits(real_sum);
  if (is_percent || !are_integers) {
    return with_two_digits(real_sum / static_cast<double>(field.values.size())) +
           (is_percent ? "%" : "");
  }
  return std::to_string(is_largest(name) ? largest : is_smallest(name) ? smallest : sum);
}

void ShardInfo::write(std::string_view title, const Own& own, wire::InfoText& text) const {
  const Section& fields = section(title);
  const auto own_of = [&](std::string_view name) {
    return std::ranges::find(own, name, &Own::value_type::first);
  };
  text.section(title);
  for (const auto& [name, value] : own) {
    if (std::ranges::find(fields, name, &Field::name) == fields.end()) text.line(name, value);
  }
  for (const Field& field : fields) {
    const auto mine = own_of(field.name);
    // "slave0": of a shard, not of what the shards are together.
    const bool is_replica = field.name.starts_with("slave") && field.name.size() > 5 &&
                            field.name[5] >= '0' && field.name[5] <= '9';
    if (is_replica) continue;
    // Errors inside of scripts only the shards know of, others only the proxy.
    const bool in_both = field.name == "total_error_replies" && mine != own.end();
    if (in_both && count_of(merged(fields, field), "") > count_of(mine->second, "")) {
      text.line(field.name, merged(fields, field));
      continue;
    }
    text.line(field.name, mine != own.end() ? mine->second : merged(fields, field));
  }
}

void ShardInfo::write_lines(std::string_view title, wire::InfoText& text) const {
  std::set<std::pair<std::string_view, std::string_view>> lines;
  for (const Field& field : section(title)) {
    for (const std::string& value : field.values) lines.emplace(field.name, value);
  }
  text.section(title);
  for (const auto& [name, value] : lines) text.line(name, value);
}

void ShardInfo::write_counts(std::string_view title, wire::InfoText& text) const {
  text.section(title);
  for (const Field& field : section(title)) {
    int64_t sum = 0;
    for (const std::string& value : field.values) sum = sum_of(sum, count_of(value, "count="));
    text.line(field.name, "count=" + std::to_string(sum));
  }
}

std::string ShardInfo::calls(const std::string& field_name) const {
  const Section& fields = section("Commandstats");
  const auto field = std::ranges::find(fields, field_name, &Field::name);
  if (field == fields.end()) return {};
  int64_t calls = 0, usec = 0, rejected = 0, failed = 0;
  for (const std::string& value : field->values) {
    calls = sum_of(calls, count_of(value, "calls="));
    usec = sum_of(usec, count_of(value, ",usec="));
    rejected = sum_of(rejected, count_of(value, "rejected_calls="));
    failed = sum_of(failed, count_of(value, "failed_calls="));
  }
  char each[32];
  std::snprintf(each, sizeof each, "%.2f",
                calls > 0 ? static_cast<double>(usec) / static_cast<double>(calls) : 0);
  return "calls=" + std::to_string(calls) + ",usec=" + std::to_string(usec) +
         ",usec_per_call=" + each + ",rejected_calls=" + std::to_string(rejected) +
         ",failed_calls=" + std::to_string(failed);
}

void ShardInfo::write_keyspace(wire::InfoText& text) const {
  std::map<int64_t, const Field*> databases;
  for (const Field& field : section("Keyspace")) {
    if (field.name.starts_with("db")) databases[count_of(field.name, "db")] = &field;
  }
  text.section("Keyspace");
  for (const auto& [number, field] : databases) {
    int64_t keys = 0, expires = 0;
    double ttls = 0;
    for (const std::string& value : field->values) {
      const int64_t expiring = count_of(value, "expires=");
      keys = sum_of(keys, count_of(value, "keys="));
      expires = sum_of(expires, expiring);
      ttls += static_cast<double>(expiring) * static_cast<double>(count_of(value, "avg_ttl="));
    }
    const auto ttl = expires > 0 ? whole(ttls / static_cast<double>(expires)) : 0;
    text.line(field->name, "keys=" + std::to_string(keys) + ",expires=" + std::to_string(expires) +
                               ",avg_ttl=" + std::to_string(ttl));
  }
}

}  // namespace slotway::proxy
