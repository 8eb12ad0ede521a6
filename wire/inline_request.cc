#include "wire/inline_request.h"

#include <cstddef>

namespace slotway::wire {

namespace {

// What may stand between words. Two of these bytes, \v and \f, do not end a word that is not
// quoted.
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool ends_word(char c) { return is_space(c) && c != '\v' && c != '\f'; }

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

char unescape(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

// Appends a quoted run that begins behind its opening quote at `at`; returns the position behind
// the closing quote, or npos without one.
size_t take_quoted(std::string_view line, size_t at, char quote, std::string& storage) {
  while (at < line.size()) {
    const char c = line[at];
    if (c == quote) return at + 1;
    const bool has_next = at + 1 < line.size();
    if (c != '\\' || !has_next || (quote == '\'' && line[at + 1] != '\'')) {
      storage.push_back(c);
      ++at;
    } else if (quote == '"' && line[at + 1] == 'x' && at + 3 < line.size() &&
               hex_value(line[at + 2]) >= 0 && hex_value(line[at + 3]) >= 0) {
      storage.push_back(static_cast<char>(hex_value(line[at + 2]) * 16 + hex_value(line[at + 3])));
      at += 4;
    } else {
      storage.push_back(quote == '"' ? unescape(line[at + 1]) : '\'');
      at += 2;
    }
  }
  return std::string_view::npos;
}

}  // namespace

bool split_inline(std::string_view line, std::string& storage,
                  std::vector<std::string_view>& words) {
  storage.clear();
  storage.reserve(line.size());  // unquoting never lengthens, so the views stay valid
  words.clear();
  size_t at = 0;
  while (true) {
    while (at < line.size() && is_space(line[at])) ++at;
    if (at == line.size()) return true;
    const size_t begin = storage.size();
    while (at < line.size() && !ends_word(line[at])) {
      const char c = line[at++];
      if (c != '"' && c != '\'') {
        storage.push_back(c);
        continue;
      }
      at = take_quoted(line, at, c, storage);
      if (at == std::string_view::npos) return false;
      if (at < line.size() && !is_space(line[at])) return false;
      break;
    }
    words.emplace_back(storage.data() + begin, storage.size() - begin);
  }
}

}  // namespace slotway::wire
