#include "config/scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace slotway::config {

namespace {

constexpr std::chrono::milliseconds kMaxDuration = std::chrono::hours(24);
constexpr size_t kMaxName = 32;
constexpr uint64_t kMostRate = 1'000'000;  // a second
constexpr std::array<std::string_view, 3> kReadFromNames = {"primary", "prefer_replica", "nearest"};

Error expected(std::string what) { return {"config", "expected " + std::move(what)}; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<uint64_t> parse_digits(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

struct Unit {
  std::string_view name;
  uint64_t factor;
};

// Largest last, so that text_in_units can walk back from it.
constexpr Unit kDurationUnits[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}};
constexpr Unit kSizeUnits[] = {
    {"B", 1}, {"KiB", 1ull << 10}, {"MiB", 1ull << 20}, {"GiB", 1ull << 30}};

// Digits and one of the units behind them; `bare` is the factor if there is none, 0 if it must be.
std::optional<uint64_t> parse_with_unit(std::string_view text, std::span<const Unit> units,
                                        uint64_t bare) {
  const auto digits_end = std::find_if_not(text.begin(), text.end(), is_digit);
  const size_t digits = static_cast<size_t>(digits_end - text.begin());
  const std::optional<uint64_t> number = parse_digits(text.substr(0, digits));
  if (!number) return std::nullopt;
  const std::string_view name = text.substr(digits);
  uint64_t factor = name.empty() ? (*number == 0 ? 1 : bare) : 0;
  for (const Unit& unit : units) {
    if (unit.name == name) factor = unit.factor;
  }
  uint64_t value = 0;
  if (factor == 0 || __builtin_mul_overflow(*number, factor, &value)) return std::nullopt;
  return value;
}

std::string text_in_units(uint64_t value, std::span<const Unit> units) {
  size_t unit = 0;
  if (value != 0) {
    while (unit + 1 < units.size() && value % units[unit + 1].factor == 0) ++unit;
  }
  return std::to_string(value / units[unit].factor) + std::string(units[unit].name);
}

}  // namespace

Result<uint64_t> Count::operator()(std::string_view text) const {
  const std::optional<uint64_t> value = parse_digits(text);
  if (value && *value >= least && *value <= most) return *value;
  return expected("a whole number from " + std::to_string(least) + " to " + std::to_string(most));
}

Result<std::chrono::milliseconds> Duration::operator()(std::string_view text) const {
  const uint64_t lowest = static_cast<uint64_t>(least.count());
  const uint64_t highest = static_cast<uint64_t>(kMaxDuration.count());
  const std::optional<uint64_t> value = parse_with_unit(text, kDurationUnits, 0);
  if (value && *value >= lowest && *value <= highest) return std::chrono::milliseconds(*value);
  return expected("a duration from " + text_in_units(lowest, kDurationUnits) + " to " +
                  text_in_units(highest, kDurationUnits) + ", such as 500ms, 2s or 1m");
}

Result<uint64_t> Size::operator()(std::string_view text) const {
  const std::optional<uint64_t> value = parse_with_unit(text, kSizeUnits, 1);
  if (value && *value >= least && *value <= most) return *value;
  return expected("a size from " + text_in_units(least, kSizeUnits) + " to " +
                  text_in_units(most, kSizeUnits) + ", such as 64KiB, 512MiB or 1GiB");
}

Result<std::string> OneOf::operator()(std::string_view text) const {
  if (std::find(words.begin(), words.end(), text) != words.end()) return std::string(text);
  std::string list;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) list += i + 1 == words.size() ? " or " : ", ";
    list += words[i];
  }
  return expected(std::move(list));
}

Result<bool> parse_flag(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return expected("true or false");
}

Result<double> parse_share(std::string_view text) {
  const bool has_unit = text.ends_with('%');
  if (has_unit) text.remove_suffix(1);
  double percent = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), percent, std::chars_format::fixed);
  const bool is_number = has_unit && error == std::errc() && end == text.data() + text.size();
  if (!is_number || !(percent > 0 && percent <= 100)) {  // NaN is neither
    return expected("a share above 0 to 100, such as 0.1%");
  }
  return percent / 100;
}

Result<uint64_t> parse_rate(std::string_view text) {
  constexpr std::string_view kUnit = "/s";
  const bool has_unit = text.ends_with(kUnit);
  const std::optional<uint64_t> rate =
      has_unit ? parse_digits(text.substr(0, text.size() - kUnit.size())) : std::nullopt;
  if (rate && *rate >= 1 && *rate <= kMostRate) return *rate;
  return expected("a rate from 1/s to " + std::to_string(kMostRate) + "/s, such as 500/s");
}

std::string_view name_of(ReadFrom read_from) {
  return kReadFromNames[static_cast<size_t>(read_from)];
}

Result<ReadFrom> parse_read_from(std::string_view text) {
  const Result<std::string> name = OneOf{kReadFromNames}(text);
  if (!name.ok()) return name.error();
  return static_cast<ReadFrom>(std::ranges::find(kReadFromNames, text) - kReadFromNames.begin());
}

Result<SlotRange> parse_slot_range(std::string_view text) {
  const size_t dash = text.find('-');
  const std::optional<uint64_t> first = parse_digits(text.substr(0, dash));
  const std::optional<uint64_t> last =
      dash == std::string_view::npos ? first : parse_digits(text.substr(dash + 1));
  if (first && last && *first <= *last && *last < wire::kSlotCount) {
    return SlotRange{static_cast<uint16_t>(*first), static_cast<uint16_t>(*last)};
  }
  return expected("a slot or a range of slots from 0 to 16383, such as 0-5460");
}

bool is_one_line(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

Result<std::string> parse_text(std::string_view text) {
  if (!text.empty() && is_one_line(text)) return std::string(text);
  return expected("a line of text");
}

Result<std::string> parse_http_url(std::string_view text) {
  constexpr size_t kMost = 2048;
  const Error wrong = expected(
      "a URL such as http://127.0.0.1:8080/hotkeys, http or https, without a user or fragment");
  const size_t scheme = text.starts_with("http://") ? 7 : text.starts_with("https://") ? 8 : 0;
  if (scheme == 0 || text.size() > kMost) return wrong;
  const auto stands_for_itself = [](char c) {
    return c > ' ' && c < 0x7f &&
           std::string_view("\"#<>\\^`{|}").find(c) == std::string_view::npos;
  };
  const std::string_view rest = text.substr(scheme);
  if (!std::all_of(rest.begin(), rest.end(), stands_for_itself)) return wrong;
  std::string_view host = rest.substr(0, rest.find_first_of("/?"));
  const bool is_ipv6 = host.starts_with('[');
  const size_t host_end = is_ipv6 ? host.find(']') + 1 : std::min(host.find(':'), host.size());
  const std::string_view port = host.substr(host_end);
  host = host.substr(0, host_end);
  const auto is_of_host = [&](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '-' || c == '_' || (is_ipv6 && (c == ':' || c == '[' || c == ']'));
  };
  if (host.empty() || !std::all_of(host.begin(), host.end(), is_of_host)) return wrong;
  if (!port.empty() && (port.front() != ':' || !Count{1, 65535}(port.substr(1)).ok())) return wrong;
  return std::string(text);
}

Result<std::string> parse_name(std::string_view text) {
  const auto allowed = [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '-' || c == '.';
  };
  if (!text.empty() && text.size() <= kMaxName && std::all_of(text.begin(), text.end(), allowed)) {
    return std::string(text);
  }
  return expected("a name of 1 to 32 letters, digits, '_', '-' and '.'");
}

}  // namespace slotway::config
