#include "backend/settings_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

#include "backend/settings_table.h"
#include "wire/inline_request.h"

namespace slotway::backend {

namespace {

// Empty, or what is wrong with the line. It is split as an inline command is.
std::string take_line(std::string_view line, Settings& settings) {
  std::string unquoted;
  std::vector<std::string_view> words;
  if (!wire::split_inline(line, unquoted, words)) return "unbalanced quotes";
  if (words.empty() || words[0].starts_with('#')) return {};
  if (words.size() < 2) return "expected a value behind '" + std::string(words[0]) + "'";
  // Several words, such as addresses, are one value.
  std::string value(words[1]);
  for (size_t i = 2; i < words.size(); ++i) value += " " + std::string(words[i]);
  const std::string wrong = set_setting(settings, words[0], value);
  return wrong.empty() ? wrong : "'" + std::string(words[0]) + "': " + wrong;
}

}  // namespace

Status read_settings(std::string_view text, const std::string& name, Settings& settings) {
  for (size_t line = 1; !text.empty(); ++line) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view content = text.substr(0, end);
    if (content.ends_with('\r')) content.remove_suffix(1);
    const std::string wrong = take_line(content, settings);
    if (!wrong.empty()) return Error{"config", name + ":" + std::to_string(line) + ": " + wrong};
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return success();
}

Status read_settings_file(const std::string& path, Settings& settings) {
  std::ifstream file(path);
  if (!file) return Error{"config", path + ": " + std::strerror(errno)};
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return read_settings(text, path, settings);
}

}  // namespace slotway::backend
