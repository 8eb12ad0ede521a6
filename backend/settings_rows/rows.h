// The rows of the table of settings, by theme. For settings_table.cc.
#pragma once

#include <span>

#include "backend/settings_table.h"

namespace slotway::backend {

std::span<const SettingRow> network_setting_rows();
std::span<const SettingRow> memory_setting_rows();
std::span<const SettingRow> value_setting_rows();
std::span<const SettingRow> server_setting_rows();
// Those that Redis has and the store does not need, with the one value that is true of it.
std::span<const SettingRow> fixed_setting_rows();

}  // namespace slotway::backend
