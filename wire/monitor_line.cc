#include "wire/monitor_line.h"

#include <sys/time.h>

#include <cstdio>

#include "wire/text.h"

namespace slotway::wire {

namespace {

void append_quoted(std::string& line, std::string_view bytes) {
  constexpr std::string_view kSpecial = "\n\r\t\a\b\\\"";
  constexpr std::string_view kEscaped = "nrtab\\\"";
  line += '"';
  for (const char c : bytes) {
    if (const size_t at = kSpecial.find(c); at != std::string_view::npos) {
      line += '\\';
      line += kEscaped[at];
    } else if (c >= ' ' && c <= '~') {
      line += c;
    } else {
      constexpr std::string_view kDigits = "0123456789abcdef";
      const auto byte = static_cast<unsigned char>(c);
      line += "\\x";
      line += kDigits[byte >> 4];
      line += kDigits[byte & 15];
    }
  }
  line += '"';
}

// Of what logs in, or may: HELLO has other arguments in front of its AUTH.
bool is_secret(const Command& command, Args args, size_t index) {
  if (index == 0 || !(command.spec->flags & kNoAuth)) return false;
  if (command.full_name != "hello") return true;
  const auto is_auth = [&](size_t at) { return at > 1 && equal_ignoring_case(args[at], "auth"); };
  return is_auth(index - 1) || (index > 1 && is_auth(index - 2));
}

}  // namespace

std::string monitor_line(uint32_t database, std::string_view peer, const Command& command,
                         Args args) {
  timeval now;
  gettimeofday(&now, nullptr);
  char head[64];
  std::snprintf(head, sizeof head, "+%lld.%06ld [%u ", static_cast<long long>(now.tv_sec),
                static_cast<long>(now.tv_usec), database);
  std::string line = head;
  line += peer;
  line += ']';
  for (size_t i = 0; i < args.size(); ++i) {
    line += ' ';
    append_quoted(line, is_secret(command, args, i) ? "(redacted)" : args[i]);
  }
  return line + "\r\n";
}

}  // namespace slotway::wire
