#include "backend/commands/scan_arguments.h"

#include <cctype>
#include <cerrno>
#include <cstdlib>

#include "wire/glob.h"

namespace slotway::backend {

namespace {

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

}  // namespace

// As strtoul() reads it, signs included, but for leading space.
std::optional<uint64_t> parse_scan_cursor(const Call& call, size_t index) {
  const std::string terminated(call.args[index]);
  char* end = nullptr;
  errno = 0;
  const unsigned long cursor = std::strtoul(terminated.c_str(), &end, 10);
  if (std::isspace(static_cast<unsigned char>(terminated[0])) || *end != '\0' || errno == ERANGE) {
    call.reply.error("ERR invalid cursor");
    return std::nullopt;
  }
  return cursor;
}

bool ScanOptions::matches(std::string_view name) const {
  return pattern == "*" || wire::glob_match(pattern, name);
}

std::optional<ScanOptions> parse_scan_options(const Call& call, size_t first, bool of_keys) {
  ScanOptions options;
  for (size_t i = first; i < call.args.size(); i += 2) {
    const bool has_value = i + 1 < call.args.size();
    bool is_known = true;
    if (has_value && call.is(i, "count")) {
      const auto count = call.integer(i + 1);
      if (!count) return std::nullopt;
      is_known = *count >= 1;
      options.count = static_cast<uint64_t>(*count);
    } else if (has_value && call.is(i, "match")) {
      options.pattern = call.args[i + 1];
    } else if (has_value && of_keys && call.is(i, "type")) {
      options.type = lower_case(call.args[i + 1]);
    } else {
      is_known = false;
    }
    if (!is_known) {
      call.reply.error(kSyntaxError);
      return std::nullopt;
    }
  }
  return options;
}

void write_scan_header(const Call& call, uint64_t cursor, size_t count) {
  call.reply.array(2);
  call.reply.bulk(std::to_string(cursor));
  call.reply.array(count);
}

}  // namespace slotway::backend
