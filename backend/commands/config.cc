// The CONFIG family. The settings themselves stand in settings_table.h.

#include <vector>

#include "backend/client_limit.h"
#include "backend/commands/bindings.h"
#include "backend/settings_table.h"
#include "wire/command_reply.h"
#include "wire/glob.h"

namespace slotway::backend {

namespace {

struct Found {
  std::string_view name;  // as the client wrote it, if it wrote no pattern
  const SettingRow* row;
};

void get(Call& call) {
  const wire::Args patterns = call.args.subspan(2);
  std::vector<Found> found;
  for (const SettingRow& row : setting_rows()) {
    for (const std::string_view pattern : patterns) {
      if (!wire::glob_match(pattern, row.name, /*ignore_case=*/true)) continue;
      const bool is_plain = pattern.find_first_of("[*?") == std::string_view::npos;
      found.push_back({is_plain ? pattern : row.name, &row});
      break;
    }
  }
  call.reply.map(found.size());
  for (const Found& each : found) {
    call.reply.bulk(each.name);
    call.reply.bulk(each.row->get(call.store.settings));
  }
}

std::string failure(std::string_view name, std::string_view why) {
  return "ERR CONFIG SET failed (possibly related to argument '" + wire::excerpt(name) + "') - " +
         std::string(why);
}

// Empty, or the error line. All settings of one command or none are changed.
std::string change(wire::Args pairs, Settings& settings) {
  for (size_t i = 0; i < pairs.size(); i += 2) {
    if (!find_setting(pairs[i])) {
      return "ERR Unknown option or number of arguments for CONFIG SET - '" +
             wire::excerpt(pairs[i]) + "'";
    }
  }
  for (size_t i = 0; i < pairs.size(); i += 2) {
    const SettingRow* const row = find_setting(pairs[i]);
    if (row->set && !row->is_mutable) return failure(pairs[i], "can't set immutable config");
    for (size_t j = 0; j < i; j += 2) {
      if (find_setting(pairs[j]) == row) return failure(pairs[i], "duplicate parameter");
    }
  }
  for (size_t i = 0; i < pairs.size(); i += 2) {
    const std::string wrong = set_setting(settings, pairs[i], pairs[i + 1]);
    if (!wrong.empty()) return failure(find_setting(pairs[i])->name, wrong);
  }
  return {};
}

// Empty, or the error line: a limit of clients is no use without the descriptors for it.
std::string make_room(const Settings& from, const Settings& to) {
  if (to.max_clients <= from.max_clients) return {};
  const uint32_t possible = make_room_for_clients(to.max_clients);
  if (possible == to.max_clients) return {};
  return failure("maxclients", "the limit of open files allows for " + std::to_string(possible));
}

void set(Call& call) {
  if (call.args.size() % 2 != 0) return call.reply.error(kSyntaxError);
  Settings changed = call.store.settings;
  std::string wrong = change(call.args.subspan(2), changed);
  if (wrong.empty()) wrong = make_room(call.store.settings, changed);
  if (!wrong.empty()) return call.reply.error(wrong);
  if (changed.log_level != call.store.settings.log_level) {
    metrics::log::set_level(log_level_of(changed));
  }
  call.store.settings = std::move(changed);
  call.reply.ok();
}

void resetstat(Call& call) {
  call.store.statistics = {};
  call.engine().statistics() = {};
  call.engine().reclaimer().reset_freed();
  call.reply.ok();
}

void help(Call& call) {
  wire::write_help_reply(*call.command.container, &is_supported, call.reply);
}

constexpr Binding kBindings[] = {
    {"config|get", &get},
    {"config|set", &set},
    {"config|resetstat", &resetstat},
    {"config|help", &help},
};

}  // namespace

std::span<const Binding> config_bindings() { return kBindings; }

}  // namespace slotway::backend
