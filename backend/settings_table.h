// The settings by name, as the configuration file and CONFIG GET and SET know them.
//
// The names are Redis's, but for partial-timeout, stalled-timeout and client-output-limit. Some
// that Redis has and the store does not need are there with the one value that is true of the
// store, for the tools that ask. Stateless.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "backend/settings.h"
#include "metrics/log.h"

namespace slotway::backend {

struct SettingRow {
  std::string_view name;
  std::string (*get)(const Settings& settings);
  // Empty, or what is wrong with the value. Null: the value cannot be changed at all.
  std::string (*set)(Settings& settings, std::string_view value);
  bool is_mutable = false;  // while the server runs
};

std::span<const SettingRow> setting_rows();
// Null for an unknown name; any case.
const SettingRow* find_setting(std::string_view name);
// Empty, or what is wrong. For settings whose value is fixed, anything but that value is.
std::string set_setting(Settings& settings, std::string_view name, std::string_view value);

// The level of the program's own log that `settings.log_level` means.
metrics::log::Level log_level_of(const Settings& settings);

}  // namespace slotway::backend
