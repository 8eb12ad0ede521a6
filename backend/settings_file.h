// The configuration file of slotway-store: a `name value` to a line, `#` in front of comments,
// values that hold spaces or nothing in double quotes. The names are those of settings_table.h.
#pragma once

#include <string>
#include <string_view>

#include "backend/settings.h"
#include "wire/result.h"

namespace slotway::backend {

// Changes `settings` by what the file says. The error names the file, the line and what was
// expected; `settings` is half changed then.
Status read_settings_file(const std::string& path, Settings& settings);
// The same for a text; `name` stands for the file in errors.
Status read_settings(std::string_view text, const std::string& name, Settings& settings);

// Writes the settings into settings.file: the lines that are there with the values of now, and
// behind them what else differs from the defaults. All of the file changes or nothing.
Status rewrite_settings_file(const Settings& settings);
// What that writes where `text` stands.
std::string rewritten_settings(std::string_view text, const Settings& settings);

}  // namespace slotway::backend
