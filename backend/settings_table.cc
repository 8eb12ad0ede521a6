#include "backend/settings_table.h"

#include <algorithm>

#include "backend/settings_rows/rows.h"
#include "wire/text.h"

namespace slotway::backend {

const std::vector<const SettingRow*>& setting_rows() {
  static const std::vector<const SettingRow*> rows = [] {
    std::vector<const SettingRow*> all;
    for (const auto& theme : {fixed_setting_rows(), memory_setting_rows(), network_setting_rows(),
                              server_setting_rows(), value_setting_rows()}) {
      for (const SettingRow& row : theme) all.push_back(&row);
    }
    std::sort(all.begin(), all.end(),
              [](const SettingRow* a, const SettingRow* b) { return a->name < b->name; });
    return all;
  }();
  return rows;
}

const SettingRow* find_setting(std::string_view name) {
  for (const SettingRow* const row : setting_rows()) {
    if (wire::equal_ignoring_case(name, row->name)) return row;
    if (!row->old_name.empty() && wire::equal_ignoring_case(name, row->old_name)) return row;
  }
  return nullptr;
}

std::string set_setting(Settings& settings, std::string_view name, std::string_view value) {
  const SettingRow* const row = find_setting(name);
  if (!row) return "unknown setting";
  if (row->set) return row->set(settings, value);
  if (wire::equal_ignoring_case(value, row->fixed)) return {};
  return "this server knows the value '" + std::string(row->fixed) + "' alone";
}

metrics::log::Level log_level_of(const Settings& settings) {
  using metrics::log::Level;
  constexpr Level kLevels[] = {Level::kDebug, Level::kDebug, Level::kInfo, Level::kWarn};
  return kLevels[settings.log_level];
}

}  // namespace slotway::backend
