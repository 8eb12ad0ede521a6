#include "proxy/hotkeys/resp2_form.h"

#include "wire/number.h"

namespace slotway::proxy {

namespace {

void append_bulk(std::string& out, std::string_view text) {
  out += '$';
  out += std::to_string(text.size());
  out += "\r\n";
  out += text;
  out += "\r\n";
}

// Members of a sorted set with their scores are pairs in RESP3 and one flat array in RESP2.
bool is_scored_pair(std::string_view element) {
  constexpr std::string_view kPair = "*2\r\n";
  if (!element.starts_with(kPair)) return false;
  const std::string_view member = element.substr(kPair.size());
  if (!member.starts_with('$')) return false;
  const size_t end = member.find("\r\n");
  const auto size = static_cast<size_t>(wire::parse_integer(member.substr(1, end - 1)).value_or(0));
  const size_t score = end + 2 + size + 2;
  return score < member.size() && member[score] == ',';
}

}  // namespace

std::string resp2_form(std::string_view reply, bool null_arrays) {
  std::string out;
  out.reserve(reply.size());
  size_t pairs_left = 0;  // whose own header is left out
  while (!reply.empty()) {
    const size_t end = reply.find("\r\n");
    const char type = reply.front();
    const std::string_view line = reply.substr(1, end - 1);
    const std::string_view whole = reply.substr(0, end + 2);
    reply.remove_prefix(end + 2);
    const size_t count = static_cast<size_t>(wire::parse_integer(line).value_or(0));
    switch (type) {
      case '_':
        out += null_arrays ? "*-1\r\n" : "$-1\r\n";
        break;
      case '#':
        out += line == "t" ? ":1\r\n" : ":0\r\n";
        break;
      case ',':
      case '(':
        append_bulk(out, line);
        break;
      case '*':
        if (pairs_left > 0) {
          --pairs_left;
        } else if (is_scored_pair(reply)) {
          pairs_left = count;
          out += "*" + std::to_string(2 * count) + "\r\n";
        } else {
          out += whole;
        }
        break;
      case '~':
      case '>':
        out += "*" + std::string(line) + "\r\n";
        break;
      case '%':
        out += "*" + std::to_string(2 * count) + "\r\n";
        break;
      case '=':
      case '!':
      case '$': {
        const std::string_view body = reply.substr(0, count);
        reply.remove_prefix(count + 2);
        constexpr size_t kFormat = 4;  // "txt:"
        if (type == '!') {
          out += "-" + std::string(body) + "\r\n";
        } else {
          append_bulk(out, type == '=' ? body.substr(kFormat) : body);
        }
        break;
      }
      default:  // the same in both
        out += whole;
    }
  }
  return out;
}

}  // namespace slotway::proxy
