#include "proxy/request_head.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace slotway::proxy {

namespace {

// Cuts "<type><number>CRLF" off the front; -1 if it is not there as a whole.
int64_t take_count(std::string_view& rest) {
  const size_t end = rest.find("\r\n");
  if (end == std::string_view::npos) return -1;
  int64_t count = -1;
  std::from_chars(rest.data() + 1, rest.data() + end, count);
  rest.remove_prefix(end + 2);
  return count;
}

RequestHead::Arguments arguments_of(std::string_view rest) {
  RequestHead::Arguments all;
  const auto count = static_cast<size_t>(std::max<int64_t>(take_count(rest), 0));
  while (all.args.size() < count) {
    const int64_t size = take_count(rest);
    if (size < 0) {
      all.missing_args = count - all.args.size();
      break;
    }
    const std::string_view there = rest.substr(0, static_cast<size_t>(size));
    all.args.emplace_back(there);
    all.missing_bytes = static_cast<size_t>(size) - there.size();
    rest.remove_prefix(std::min(there.size() + 2, rest.size()));
  }
  return all;
}

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  for (size_t at = 0; at < line.size();) {
    const size_t end = std::min(line.find_first_of(" \t\r\n", at), line.size());
    if (end > at) words.emplace_back(line.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

}  // namespace

RequestHead::Arguments RequestHead::arguments() const {
  const std::string_view text = kept();
  return text.starts_with('*') ? arguments_of(text) : Arguments{.args = words_of(text)};
}

std::vector<std::string> RequestHead::Arguments::shown() const {
  std::vector<std::string> all = args;
  if (missing_bytes > 0) all.back() += "... (" + std::to_string(missing_bytes) + " more bytes)";
  if (missing_args > 0) all.push_back("... (" + std::to_string(missing_args) + " more arguments)");
  return all;
}

}  // namespace slotway::proxy
