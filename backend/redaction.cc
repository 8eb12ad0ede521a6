#include "backend/redaction.h"

#include "backend/settings_table.h"
#include "wire/secret_arguments.h"

namespace slotway::backend {

std::vector<std::string_view> redacted(const wire::Command& command, wire::Args args) {
  return wire::without_secrets(*command.spec, args, [](std::string_view name) {
    const SettingRow* const row = find_setting(name);
    return row && row->is_secret;
  });
}

}  // namespace slotway::backend
