// Listing keys: KEYS and SCAN. What SCAN promises, and how, stands in engine/slot_table.h.

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <vector>

#include "backend/commands/bindings.h"
#include "backend/engine/value_operations.h"
#include "wire/glob.h"

namespace slotway::backend {

namespace {

void reply_keys(const Call& call, const std::vector<std::string_view>& keys) {
  call.reply.array(keys.size());
  for (const std::string_view key : keys) call.reply.bulk(key);
}

void keys(Call& call) {
  const std::string_view pattern = call.args[1];
  const Database& database = call.database();
  std::vector<std::string_view> found;
  database.keyspace().for_each([&](const Entry* entry) {
    if ((pattern == "*" || wire::glob_match(pattern, entry->key())) && database.is_live(entry)) {
      found.push_back(entry->key());
    }
  });
  reply_keys(call, found);
}

struct Options {
  int64_t count = 10;
  std::string_view pattern = "*";
  std::optional<std::string> type;  // in lower case
};

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

std::optional<Options> parse_options(const Call& call) {
  Options options;
  for (size_t i = 2; i < call.args.size(); i += 2) {
    const bool has_value = i + 1 < call.args.size();
    if (has_value && call.is(i, "count")) {
      const auto count = call.integer(i + 1);
      if (!count) return std::nullopt;
      options.count = *count;
    } else if (has_value && call.is(i, "match")) {
      options.pattern = call.args[i + 1];
    } else if (has_value && call.is(i, "type")) {
      options.type = lower_case(call.args[i + 1]);
    } else {
      options.count = 0;
    }
    if (options.count < 1) {
      call.reply.error(kSyntaxError);
      return std::nullopt;
    }
  }
  return options;
}

// As strtoul() reads it, signs included, but for leading space.
std::optional<Keyspace::Cursor> parse_cursor(std::string_view text) {
  const std::string terminated(text);
  if (std::isspace(static_cast<unsigned char>(terminated[0]))) return std::nullopt;
  char* end = nullptr;
  errno = 0;
  const unsigned long cursor = std::strtoul(terminated.c_str(), &end, 10);
  if (*end != '\0' || errno == ERANGE) return std::nullopt;
  return cursor;
}

void scan(Call& call) {
  auto cursor = parse_cursor(call.args[1]);
  if (!cursor) return call.reply.error("ERR invalid cursor");
  const auto options = parse_options(call);
  if (!options) return;
  const Database& database = call.database();
  std::vector<const Entry*> seen;
  const auto wanted = static_cast<uint64_t>(options->count);
  // Many empty parts in a row must not make one call long.
  constexpr uint64_t kMostSteps = UINT64_MAX / 16;
  uint64_t steps = std::min(wanted, kMostSteps) * 10;
  do {
    *cursor = database.keyspace().scan(*cursor, [&](const Entry* entry) { seen.push_back(entry); });
  } while (*cursor != 0 && seen.size() < wanted && --steps > 0);

  std::vector<std::string_view> found;
  for (const Entry* entry : seen) {
    if (!database.is_live(entry)) continue;
    if (options->pattern != "*" && !wire::glob_match(options->pattern, entry->key())) continue;
    if (options->type && operations_of(entry->type()).name != *options->type) continue;
    found.push_back(entry->key());
  }
  call.reply.array(2);
  call.reply.bulk(std::to_string(*cursor));
  reply_keys(call, found);
}

constexpr Binding kBindings[] = {{"keys", &keys}, {"scan", &scan}};

}  // namespace

std::span<const Binding> scan_bindings() { return kBindings; }

}  // namespace slotway::backend
