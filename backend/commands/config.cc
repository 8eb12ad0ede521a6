// The CONFIG family. The settings themselves stand in settings_table.h.

#include <strings.h>

#include <vector>

#include "backend/client_limit.h"
#include "backend/commands/bindings.h"
#include "backend/settings_file.h"
#include "backend/settings_table.h"
#include "wire/command_reply.h"
#include "wire/glob.h"

namespace slotway::backend {

namespace {

struct Found {
  std::string_view name;  // as the client wrote it, if it wrote no pattern
  const SettingRow* row;
};

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

void get(Call& call) {
  std::vector<Found> found;
  const auto add = [&](std::string_view name, const SettingRow* row) {
    // No client of Redis's expects it, and none has a use for it.
    if (row->is_kept) return;
    for (const Found& each : found) {
      if (same_name(each.name, name)) return;
    }
    found.push_back({name, row});
  };
  for (const std::string_view pattern : call.args.subspan(2)) {
    if (pattern.find_first_of("[*?") == std::string_view::npos) {
      if (const SettingRow* const row = find_setting(pattern)) add(pattern, row);
      continue;
    }
    for (const SettingRow* const row : setting_rows()) {
      if (row->is_hidden) continue;
      for (const std::string_view name : {row->name, row->old_name}) {
        if (!name.empty() && wire::glob_match(pattern, name, /*ignore_case=*/true)) add(name, row);
      }
    }
  }
  call.reply.map(found.size());
  for (const Found& each : found) {
    call.reply.bulk(each.name);
    call.reply.bulk(each.row->value(call.store.settings));
  }
}

std::string failure(std::string_view name, std::string_view why) {
  return "ERR CONFIG SET failed (possibly related to argument '" + wire::excerpt(name) + "') - " +
         std::string(why);
}

// Empty, or the error line. All settings of one command or none are changed: what they are, then
// their values, then whether the server can have them.
std::string change(wire::Args pairs, Settings& settings) {
  using Change = SettingRow::Change;
  std::vector<const SettingRow*> rows;
  for (size_t i = 0; i < pairs.size(); i += 2) {
    const SettingRow* const row = find_setting(pairs[i]);
    if (!row) {
      return "ERR Unknown option or number of arguments for CONFIG SET - '" +
             wire::excerpt(pairs[i]) + "'";
    }
    if (row->change == Change::kNever) return failure(pairs[i], "can't set immutable config");
    // The old name of a setting may stand beside the new one.
    for (size_t j = 0; j < i; j += 2) {
      if (same_name(pairs[i], pairs[j])) return failure(pairs[i], "duplicate parameter");
    }
    rows.push_back(row);
  }
  const Settings before = settings;
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::string wrong = set_setting(settings, pairs[2 * i], pairs[2 * i + 1]);
    if (!wrong.empty()) return failure(rows[i]->name, wrong);
  }
  for (const SettingRow* const row : rows) {
    if (row->change == Change::kSame && row->value(settings) != row->value(before)) {
      return failure(row->name, row->refusal);
    }
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
  call.store.watch.settings_changed();
  call.store.memory.follow_settings();
  call.store.defragmentation.follow_settings();
  call.store.events.read_settings();
  call.reply.ok();
}

void resetstat(Call& call) {
  call.store.statistics = {};
  call.engine().statistics() = {};
  call.engine().reclaimer().reset_freed();
  call.store.defragmentation.reset_statistics();
  call.reply.ok();
}

void rewrite(Call& call) {
  if (call.store.settings.file.empty()) {
    return call.reply.error("ERR The server is running without a config file");
  }
  const Status written = rewrite_settings_file(call.store.settings);
  if (!written.ok()) {
    return call.reply.error("ERR Rewriting config file: " + written.error().message);
  }
  call.reply.ok();
}

void help(Call& call) {
  wire::write_help_reply(*call.command.container, &is_supported, call.reply);
}

constexpr Binding kBindings[] = {
    {"config|get", &get},         {"config|set", &set},   {"config|resetstat", &resetstat},
    {"config|rewrite", &rewrite}, {"config|help", &help},
};

}  // namespace

std::span<const Binding> config_bindings() { return kBindings; }

}  // namespace slotway::backend
