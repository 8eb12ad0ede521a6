#include "wire/monitor_line.h"

#include <sys/time.h>

#include <cstdio>

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

}  // namespace

std::string monitor_line(uint32_t database, std::string_view peer, Args args) {
  timeval now;
  gettimeofday(&now, nullptr);
  char head[64];
  std::snprintf(head, sizeof head, "+%lld.%06ld [%u ", static_cast<long long>(now.tv_sec),
                static_cast<long>(now.tv_usec), database);
  std::string line = head;
  line += peer;
  line += ']';
  for (const std::string_view arg : args) {
    line += ' ';
    append_quoted(line, arg);
  }
  return line + "\r\n";
}

}  // namespace slotway::wire
