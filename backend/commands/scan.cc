// Listing keys: KEYS and SCAN. What SCAN promises, and how, stands in engine/slot_table.h.

#include <vector>

#include "backend/commands/bindings.h"
#include "backend/commands/scan_arguments.h"
#include "backend/engine/value_operations.h"
#include "wire/glob.h"

namespace slotway::backend {

namespace {

void keys(Call& call) {
  const std::string_view pattern = call.args[1];
  const Database& database = call.database();
  std::vector<std::string_view> found;
  database.keyspace().for_each([&](const Entry* entry) {
    if ((pattern == "*" || wire::glob_match(pattern, entry->key())) && database.is_live(entry)) {
      found.push_back(entry->key());
    }
  });
  call.reply.array(found.size());
  for (const std::string_view key : found) call.reply.bulk(key);
}

void scan(Call& call) {
  const auto cursor = parse_scan_cursor(call, 1);
  if (!cursor) return;
  const auto options = parse_scan_options(call, 2, true);
  if (!options) return;
  const Database& database = call.database();
  std::vector<const Entry*> seen;
  const auto show = [&](const Entry* entry) { seen.push_back(entry); };
  const uint64_t next = scan_enough(
      *cursor, options->count, [&](uint64_t at) { return database.keyspace().scan(at, show); },
      [&] { return seen.size(); });

  std::vector<std::string_view> found;
  for (const Entry* entry : seen) {
    if (!database.is_live(entry)) continue;
    if (!options->matches(entry->key())) continue;
    if (options->type && type_name(entry->type()) != *options->type) continue;
    found.push_back(entry->key());
  }
  write_scan_header(call, next, found.size());
  for (const std::string_view key : found) call.reply.bulk(key);
}

constexpr Binding kBindings[] = {{"keys", &keys}, {"scan", &scan}};

}  // namespace

std::span<const Binding> scan_bindings() { return kBindings; }

}  // namespace slotway::backend
