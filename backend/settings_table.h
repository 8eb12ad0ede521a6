// The settings by name, as the configuration file and CONFIG GET and SET know them.
//
// The names are Redis's, but for admin-address, admin-token, partial-timeout, stalled-timeout and
// client-output-limit. The rows stand in settings_rows/, by theme. Stateless.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/settings.h"
#include "metrics/log.h"

namespace slotway::backend {

struct SettingRow {
  // While the server runs: to any value, to the value that it has, not at all.
  enum class Change : uint8_t { kAny, kSame, kNever };

  std::string_view name;
  // Both null if the value is `fixed`.
  std::string (*get)(const Settings& settings) = nullptr;
  // Empty, or what is wrong with the value.
  std::string (*set)(Settings& settings, std::string_view value) = nullptr;
  Change change = Change::kAny;
  std::string_view refusal = {};   // of kSame
  std::string_view old_name = {};  // Redis's earlier name, which goes on to be known
  bool is_hidden = false;          // CONFIG GET finds it by its name and by no pattern
  bool is_kept = false;            // CONFIG GET does not give it at all
  std::string_view fixed = {};     // the one value that is true of the store

  std::string value(const Settings& settings) const {
    return get ? get(settings) : std::string(fixed);
  }
};

// In alphabetical order.
const std::vector<const SettingRow*>& setting_rows();
// By either name; null for an unknown one; any case.
const SettingRow* find_setting(std::string_view name);
// Empty, or what is wrong. For settings whose value is fixed, anything but that value is.
std::string set_setting(Settings& settings, std::string_view name, std::string_view value);

// A percentile as CONFIG GET and INFO print it: "99.9".
std::string percentile_text(double percentile);

// The level of the program's own log that `settings.log_level` means.
metrics::log::Level log_level_of(const Settings& settings);

}  // namespace slotway::backend
