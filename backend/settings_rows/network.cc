// Settings of where the server listens and of its connections.
#include <algorithm>

#include "backend/settings_rows/rows.h"
#include "backend/settings_rows/values.h"
#include "metrics/admin_address.h"

namespace slotway::backend {

namespace {

constexpr uint64_t kMebibyte = 1 << 20;

// "*" and "localhost" are what people write; "-" in front means that a missing family is no error,
// which is left to the one who binds.
std::string set_bind(Settings& settings, std::string_view value) {
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

// ---- client-output-buffer-limit: groups of four words

OutputLimit* output_limit_of(Settings& settings, std::string_view kind) {
  if (kind == "normal") return &settings.normal_output;
  if (kind == "slave" || kind == "replica") return &settings.replica_output;
  return kind == "pubsub" ? &settings.pubsub_output : nullptr;
}

std::string set_output_limits(Settings& settings, std::string_view text) {
  const std::vector<std::string> words = split_words(text);
  if (words.empty() || words.size() % 4 != 0)
    return "Wrong number of arguments in buffer limit "
           "configuration.";
  for (size_t i = 0; i < words.size(); i += 4) {
    OutputLimit* const limit = output_limit_of(settings, words[i]);
    if (!limit) return "Invalid client class specified in buffer limit configuration.";
    const auto hard = parse_bytes(words[i + 1]);
    const auto soft = parse_bytes(words[i + 2]);
    const auto seconds = wire::parse_integer(words[i + 3]);
    if (!hard || !soft || !seconds || *seconds < 0) {
      return "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
    }
    *limit = {*hard, *soft, static_cast<uint64_t>(*seconds)};
  }
  return {};
}

std::string get_output_limits(const Settings& settings) {
  const auto text = [](std::string_view kind, const OutputLimit& limit) {
    return std::string(kind) + " " + std::to_string(limit.hard) + " " + std::to_string(limit.soft) +
           " " + std::to_string(limit.soft_seconds);
  };
  return text("normal", settings.normal_output) + " " + text("slave", settings.replica_output) +
         " " + text("pubsub", settings.pubsub_output);
}

// ----

template <auto kField>
std::string set_text(Settings& settings, std::string_view text) {
  settings.*kField = text;
  return {};
}

template <auto kField>
std::string get_text(const Settings& settings) {
  return settings.*kField;
}

std::string set_admin_address(Settings& settings, std::string_view text) {
  if (!text.empty() && !metrics::listening_port(text)) return "expected host:port";
  settings.admin_address = text;
  return {};
}

// What fits a header "Authorization: Bearer TOKEN", and cannot be guessed.
std::string set_admin_token(Settings& settings, std::string_view text) {
  const auto is_visible = [](char c) { return c > ' ' && c <= '~'; };
  const bool fits = text.size() >= 8 && text.size() <= 512;
  if (!text.empty() && (!fits || !std::all_of(text.begin(), text.end(), is_visible))) {
    return "expected 8 to 512 visible characters of ASCII";
  }
  settings.admin_token = text;
  return {};
}

constexpr SettingRow kRows[] = {
    {.name = "admin-address",
     .get = &get_text<&Settings::admin_address>,
     .set = &set_admin_address,
     .change = SettingRow::Change::kNever},
    {.name = "admin-token",
     .get = &get_text<&Settings::admin_token>,
     .set = &set_admin_token,
     .change = SettingRow::Change::kNever,
     .is_kept = true},
    {.name = "bind",
     .get = &get_bind,
     .set = &set_bind,
     .change = SettingRow::Change::kSame,
     .refusal = "Failed to bind to specified addresses."},
    {.name = "client-output-buffer-limit", .get = &get_output_limits, .set = &set_output_limits},
    bytes<&Settings::max_output, kMebibyte>("client-output-limit"),
    bytes<&Settings::max_query_size, kMebibyte>("client-query-buffer-limit"),
    number<&Settings::max_clients, 1, UINT32_MAX>("maxclients"),
    number<&Settings::partial_seconds, 0, INT32_MAX>("partial-timeout"),
    {.name = "port",
     .get = &get_number<&Settings::port>,
     .set = &set_number<&Settings::port, 0, 65535>,
     .change = SettingRow::Change::kSame,
     .refusal = "Unable to listen on this port. The server keeps the one it was started with"},
    bytes<&Settings::max_bulk_size, kMebibyte>("proto-max-bulk-len"),
    {.name = "requirepass",
     .get = &get_text<&Settings::password>,
     .set = &set_text<&Settings::password>},
    number<&Settings::stalled_seconds, 0, INT32_MAX>("stalled-timeout"),
    number<&Settings::keepalive_seconds, 0, 32767>("tcp-keepalive"),
    number<&Settings::idle_seconds, 0, INT32_MAX>("timeout"),
    {.name = "unixsocket",
     .get = &get_text<&Settings::unix_socket>,
     .set = &set_text<&Settings::unix_socket>,
     .change = SettingRow::Change::kNever},
};

}  // namespace

std::span<const SettingRow> network_setting_rows() { return kRows; }

}  // namespace slotway::backend
