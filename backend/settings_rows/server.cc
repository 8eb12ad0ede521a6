// Settings of the server as a whole and of how it is watched.
#include <cstdio>
#include <cstdlib>

#include "backend/sessions/notification_classes.h"
#include "backend/settings_rows/rows.h"
#include "backend/settings_rows/values.h"

namespace slotway::backend {

namespace {

constexpr std::string_view kLogLevels[] = {"debug", "verbose", "notice", "warning"};

std::string set_percentiles(Settings& settings, std::string_view text) {
  std::vector<double> percentiles;
  for (const std::string& word : split_words(text)) {
    char* end = nullptr;
    const double value = std::strtod(word.c_str(), &end);
    if (end != word.c_str() + word.size()) {
      return "Invalid latency-tracking-info-percentiles parameters";
    }
    if (!(value >= 0 && value <= 100)) {
      return "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]";
    }
    percentiles.push_back(value);
  }
  settings.latency_percentiles = std::move(percentiles);
  return {};
}

std::string get_percentiles(const Settings& settings) {
  std::string all;
  for (const double percentile : settings.latency_percentiles) {
    all += (all.empty() ? "" : " ") + percentile_text(percentile);
  }
  return all;
}

// Beyond the range that makes sense, the nearest value that does.
std::string set_cycles(Settings& settings, std::string_view text) {
  const std::string wrong = set_number<&Settings::cycles_per_second, 0, INT32_MAX>(settings, text);
  if (wrong.empty()) settings.cycles_per_second = std::clamp(settings.cycles_per_second, 1u, 500u);
  return wrong;
}

std::string set_notifications(Settings& settings, std::string_view letters) {
  const auto classes = parse_notification_classes(letters);
  if (!classes) return "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
  settings.notifications = *classes;
  return {};
}

constexpr SettingRow kRows[] = {
    {.name = "databases",
     .get = &get_number<&Settings::databases>,
     .set = &set_number<&Settings::databases, 1, 1024>,
     .change = SettingRow::Change::kNever},
    {.name = "hz", .get = &get_number<&Settings::cycles_per_second>, .set = &set_cycles},
    number<&Settings::latency_threshold_ms, 0, INT64_MAX>("latency-monitor-threshold"),
    yes_or_no<&Settings::latency_tracking>("latency-tracking"),
    {.name = "latency-tracking-info-percentiles", .get = &get_percentiles, .set = &set_percentiles},
    one_of<&Settings::log_level, kLogLevels>("loglevel"),
    {.name = "notify-keyspace-events",
     .get = [](const Settings& s) { return notification_letters(s.notifications); },
     .set = &set_notifications},
    number<&Settings::slowlog_us, -1, INT64_MAX>("slowlog-log-slower-than"),
    number<&Settings::slowlog_entries, 0, INT64_MAX>("slowlog-max-len"),
    number<&Settings::tracking_table_max_keys, 0, INT64_MAX>("tracking-table-max-keys"),
};

}  // namespace

std::span<const SettingRow> server_setting_rows() { return kRows; }

// As %f prints it, without the zeros behind.
std::string percentile_text(double percentile) {
  char buffer[64];
  const int size = std::snprintf(buffer, sizeof buffer, "%f", percentile);
  std::string text(buffer, static_cast<size_t>(size));
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

}  // namespace slotway::backend
